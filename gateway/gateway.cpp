#include "gateway/gateway.hpp"

#include "gateway/connection/transport.hpp"
#include "gateway/console/console_routes.hpp"
#include "gateway/listener.hpp"
#include "gateway/metrics/metrics_export.hpp"
#include "gateway/worker.hpp"
#include "protocol/json/writer.hpp"

#include <prometheus/text_serializer.h>
#include <spdlog/spdlog.h>

#include <stdexcept>

#ifndef HANSOM_VERSION
#define HANSOM_VERSION "0.1.0"
#endif

namespace hansom {

namespace {

std::string_view to_text(health_status x) noexcept {
  switch (x) {
  case health_status::healthy:
    return "healthy";
  case health_status::degraded:
    return "degraded";
  default:
    return "unhealthy";
  }
}

std::string iso_time(timestamp x) {
  std::time_t seconds = x.ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, n};
}

} // namespace

struct gateway::inside {
  explicit inside(gateway_config config)
    : shared{std::move(config), {}, token_verifier{{}}} {
    shared.tokens = token_verifier{shared.config.keys, &shared.revoked,
                                   shared.config.token_life_max};
    if (!shared.config.certificate_file.empty())
      shared.tls = load_tls(shared.config.certificate_file,
                            shared.config.private_key_file);
    shared.console =
      std::make_unique<console_access>(shared.tokens, shared.tls != nullptr);
    std::vector<const worker_metrics*> numbers;
    for (unsigned i = 0; i < shared.config.threads; ++i) {
      workers.push_back(std::make_unique<worker>(
        shared, workers, static_cast<std::uint16_t>(i)));
      numbers.push_back(&workers.back()->metrics());
    }
    metrics.push_back(
      make_gateway_collector(std::move(numbers), shared.draining));
    metrics.push_back(make_login_collector(*shared.console));
    add_routes();
  }

  void add_routes() {
    shared.console->set_facts(console_facts(shared.config));
    shared.console->add_routes(shared.routes);
    add_console_routes(shared.routes, shared.config);
    shared.routes.add("GET", "/health/live",
                      [this](auto&&, auto&& reply) { reply(health({}, 200)); });
    shared.routes.add("GET", "/health/ready", [this](auto&&, auto&& reply) {
      auto checks = ready_checks();
      auto worst = health_status::healthy;
      for (auto& x : checks)
        worst = std::max(worst, x.status);
      reply(health(checks, worst == health_status::unhealthy ? 503 : 200));
    });
    shared.routes.add("GET", "/metrics", [this](auto&&, auto&& reply) {
      std::vector<prometheus::MetricFamily> families;
      for (auto& source : metrics) {
        auto more = source->Collect();
        families.insert(families.end(), more.begin(), more.end());
      }
      http_response answer;
      answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
      answer.body = prometheus::TextSerializer{}.Serialize(families);
      reply(std::move(answer));
    });
  }

  std::vector<health_check> ready_checks() const {
    std::vector<health_check> checks;
    health_check own{"gateway", health_status::healthy, {}};
    if (shared.draining) {
      own.status = health_status::unhealthy;
      own.detail = "draining";
    } else if (shared.connections * std::uint64_t{10}
               > shared.config.connections_max * std::uint64_t{9}) {
      own.status = health_status::degraded;
      own.detail = "more than nine tenths of connections_max are in use";
    }
    checks.push_back(std::move(own));
    for (auto& source : sources)
      for (auto& x : source())
        checks.push_back(std::move(x));
    return checks;
  }

  http_response health(const std::vector<health_check>& checks,
                       int status) const {
    auto worst = health_status::healthy;
    for (auto& x : checks)
      worst = std::max(worst, x.status);
    auto t = actors->now();
    http_response answer;
    answer.status = status;
    answer.headers.emplace_back("Cache-Control", "no-store");
    auto& out = answer.body;
    out = "{\"status\":";
    json::append(out, to_text(worst));
    out += ",\"timestamp\":";
    json::append(out, iso_time(t));
    out += ",\"version\":";
    json::append(out, HANSOM_VERSION);
    out += ",\"uptime_seconds\":";
    json::append(out, (t - started).count() / 1000);
    out += ",\"checks\":{";
    bool first = true;
    for (auto& x : checks) {
      if (!first)
        out += ',';
      first = false;
      json::append(out, x.name);
      out += ":{\"status\":";
      json::append(out, to_text(x.status));
      if (!x.detail.empty()) {
        out += ",\"detail\":";
        json::append(out, x.detail);
      }
      out += '}';
    }
    out += "}}";
    return answer;
  }

  void post_mail(mail x) {
    auto index = x.frame.to.worker;
    if (running && index < workers.size())
      workers[index]->post_mail(std::move(x));
  }

  gateway_shared shared;
  worker_list workers;
  std::vector<std::shared_ptr<prometheus::Collectable>> metrics;
  std::vector<health_source> sources;
  std::unique_ptr<listener> door;
  runtime* actors = nullptr;
  timestamp started;
  std::atomic<bool> running{false};
};

gateway::gateway(gateway_config config) {
  if (auto complaint = check(config); !complaint.empty())
    throw std::invalid_argument{complaint};
  inside_ = std::make_unique<inside>(std::move(config));
}

gateway::~gateway() {
  stop();
}

http_routes& gateway::routes() noexcept {
  return inside_->shared.routes;
}

void gateway::add_metrics(std::shared_ptr<prometheus::Collectable> source) {
  inside_->metrics.push_back(std::move(source));
}

void gateway::add_health(health_source source) {
  inside_->sources.push_back(std::move(source));
}

void gateway::share(resume_mirror* mirror, hello_limit* hellos) {
  inside_->shared.mirror = mirror;
  inside_->shared.hellos = hellos;
}

void gateway::watch(std::shared_ptr<const journal_writer_stats> journal,
                    std::size_t batch_max) {
  inside_->shared.journal = std::move(journal);
  inside_->shared.journal_batch_max = batch_max;
}

void gateway::start(runtime& actors, std::uint64_t node) {
  auto& x = *inside_;
  x.door = std::make_unique<listener>(x.shared, x.workers);
  x.actors = &actors;
  x.started = actors.now();
  x.shared.console->set_clock([&actors] { return actors.now(); });
  x.shared.line = std::make_unique<actor_probe>(actors.system());
  x.door->start();
  // All know the runtime before the first hands a socket to the second.
  for (auto i = x.workers.rbegin(); i != x.workers.rend(); ++i)
    (*i)->start(actors, node);
  x.running = true;
  spdlog::info("gateway listens on {}:{}{}", x.shared.config.address, port(),
               x.shared.tls ? " (TLS)" : "");
}

std::uint16_t gateway::port() const noexcept {
  return inside_->door ? inside_->door->port() : 0;
}

const token_verifier& gateway::tokens() const noexcept {
  return inside_->shared.tokens;
}

bool gateway::revoke(const revocation& x) {
  auto added = inside_->shared.revoked.add(x);
  if (added == revocations::added::full)
    return false;
  if (added == revocations::added::yes && inside_->running)
    for (auto& w : inside_->workers)
      w->revoke(x);
  return true;
}

void gateway::forget_revocations(timestamp now) {
  inside_->shared.revoked.forget(now);
}

void gateway::reattach(const shard_set& moved) {
  if (inside_->running)
    for (auto& w : inside_->workers)
      w->reattach(moved);
}

void gateway::drain(milliseconds within) {
  if (inside_->shared.draining.exchange(true))
    return;
  for (auto& x : inside_->workers)
    x->drain(within);
}

void gateway::undrain() noexcept {
  inside_->shared.draining = false;
}

bool gateway::drained() const noexcept {
  return inside_->shared.draining && figures().websockets == 0;
}

void gateway::stop() {
  inside_->running = false;
  for (auto& x : inside_->workers)
    x->stop();
  inside_->shared.line.reset();
}

gateway_figures gateway::figures() const noexcept {
  gateway_figures result;
  for (auto& x : inside_->workers) {
    auto& m = x->metrics();
    result.connections += m.connections.get();
    result.websockets += m.websockets.get();
    result.sessions += m.sessions.get();
    result.positions_accepted += m.positions[0].get();
  }
  return result;
}

void gateway::deliver(client_frame frame) {
  mail x;
  x.frame = std::move(frame);
  inside_->post_mail(std::move(x));
}

void gateway::attached(session_ref to, std::string state) {
  mail x;
  x.what = mail::kind::attached;
  x.frame.to = to;
  x.frame.body = std::move(state);
  inside_->post_mail(std::move(x));
}

void gateway::close(session_ref to, close_code why) {
  mail x;
  x.what = mail::kind::close;
  x.frame.to = to;
  x.why = why;
  inside_->post_mail(std::move(x));
}

void gateway::follow(session_ref to, trip_id trip) {
  mail x;
  x.what = mail::kind::follow;
  x.frame.to = to;
  x.trip = trip;
  inside_->post_mail(std::move(x));
}

} // namespace hansom
