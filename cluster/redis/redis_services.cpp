#include "cluster/redis/redis_services.hpp"

#include "actors/cell/cell_cover.hpp"
#include "cluster/member/task_thread.hpp"
#include "cluster/redis/redis_metrics.hpp"
#include "cluster/redis/redis_ports.hpp"
#include "persistence/redis/stream_sink.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <stdexcept>

namespace hansom {

namespace {

/// A start does not wait longer for Redis than a session's client would.
constexpr milliseconds connect_within{400};
constexpr milliseconds read_within{500};
/// Events may wait so long until it is worth a word.
constexpr std::uint64_t lag_worth_a_word_ms = 10'000;

} // namespace

redis::link_config redis_link(const redis::config& with, std::string name) {
  redis::link_config out;
  std::string why;
  if (!redis::parse_url(with.url, out.to, why))
    throw std::runtime_error{"redis.url: " + why + "; found \""
                             + redis::masked_url(with.url) + '"'};
  if (!with.password_file.empty()) {
    std::ifstream in{with.password_file};
    if (!std::getline(in, out.to.password) || out.to.password.empty())
      throw std::runtime_error{"redis.password_file: " + with.password_file
                               + " cannot be read or its first line is empty"};
  }
  out.to.tls_ca_file = with.tls_ca_file;
  out.to.tls_certificate_file = with.tls_certificate_file;
  out.to.tls_key_file = with.tls_key_file;
  out.name = std::move(name);
  out.queue_max = with.queue_max;
  out.answer_timeout = with.answer_timeout;
  return out;
}

struct redis_services::inside {
  inside(const redis::config& x, const std::string& node_name)
    : with{x}, link{redis_link(x, "hansom-" + node_name)},
      board{link, x,
            [this] { return actors != nullptr ? actors->now() : timestamp{}; }},
      positions{board}, resume{link, x}, mirror{resume}, rates{link, x},
      hellos{rates, x.hellos_per_minute, [this] { return actors->now(); }} {
  }

  [[nodiscard]] std::vector<health_check> health() const {
    std::vector<health_check> out;
    health_check x{"redis", health_status::healthy, {}};
    if (auto h = link.health(); !h.connected) {
      x.status = health_status::degraded;
      x.detail = h.why;
    } else if (events) {
      auto& s = events->stats();
      auto lag = s.lag_ms.load();
      if (s.ahead != 0)
        x.detail = std::to_string(s.ahead.load())
                   + " streams are ahead of the journal; see the log";
      else if (lag > lag_worth_a_word_ms)
        x.detail =
          "events are published " + std::to_string(lag / 1000) + " s late";
      if (!x.detail.empty())
        x.status = health_status::degraded;
    }
    out.push_back(std::move(x));
    return out;
  }

  std::size_t bring_back(const shard_set& of) {
    std::vector<driver_id> whom;
    actors->entities().for_each([&](entity_ref who, const resident&) {
      if (who.kind == entity_kind::driver && of.test(shard_of(who)))
        whom.push_back(driver_id{who.id});
    });
    if (whom.empty())
      return 0;
    auto places =
      board.read(whom, actors->now() - with.position_max_age, read_within);
    for (auto& x : places)
      actors->send(
        x.driver,
        driver_moved{cell_of(x.at, actors->config().cell_level), x.at, x.time});
    return places.size();
  }

  /// One walk over all entities for as many shards as have come.
  void opened(shard_id shard) {
    {
      std::lock_guard guard{mutex};
      auto first = come.none();
      come.set(shard);
      if (!first)
        return;
    }
    tasks.post([this] {
      shard_set of;
      {
        std::lock_guard guard{mutex};
        std::swap(of, come);
      }
      if (link.connected())
        bring_back(of);
    });
  }

  redis::config with;
  runtime* actors = nullptr;
  redis::link link;
  redis::position_board board;
  board_positions positions;
  redis::resume_store resume;
  stream_mirror mirror;
  redis::rate_counter rates;
  counted_hellos hellos;
  std::unique_ptr<relay> events;
  std::mutex mutex;
  shard_set come; ///< Guarded; those to be told where their drivers were.
  task_thread tasks;
};

redis_services::redis_services(const redis::config& with,
                               const std::string& node_name)
  : inside_{std::make_shared<inside>(with, node_name)} {
}

redis_services::~redis_services() {
  stop();
}

position_port* redis_services::positions() noexcept {
  return &inside_->positions;
}

resume_mirror* redis_services::mirror() noexcept {
  return inside_->with.resume ? &inside_->mirror : nullptr;
}

hello_limit* redis_services::hellos() noexcept {
  return inside_->with.hellos_per_minute != 0 ? &inside_->hellos : nullptr;
}

health_source redis_services::health() const {
  return [x = inside_] { return x->health(); };
}

std::shared_ptr<prometheus::Collectable> redis_services::metrics() const {
  return make_redis_collector(inside_->link, inside_->board, inside_->mirror,
                              [x = inside_]() -> const relay_stats* {
                                return x->events ? &x->events->stats()
                                                 : nullptr;
                              });
}

std::size_t
redis_services::start(runtime& actors, std::shared_ptr<store::factory> store,
                      const std::vector<store::shard_row>& shards,
                      std::shared_ptr<const journal_writer_stats> written) {
  auto& x = *inside_;
  x.actors = &actors;
  x.link.start();
  x.tasks.start();
  std::size_t placed = 0;
  if (x.link.wait_connected(connect_within))
    placed = x.bring_back(shard_set{}.set());
  else
    spdlog::warn("redis: {}; the node serves without it and goes on trying",
                 x.link.health().why);
  if (x.with.events) {
    relay_config config;
    config.replay = x.with.replay;
    relay::parts parts;
    parts.store = std::move(store);
    if (actors.is_clustered())
      parts.owned = [&actors] {
        shard_set out;
        for (shard_id s = 0; s < shard_count; ++s)
          out.set(s, actors.epoch_of(s) != 0);
        return out;
      };
    else
      for (auto& row : shards)
        parts.shards.push_back(row.shard);
    parts.sink = redis::make_stream_sink(x.link, x.with);
    parts.written = std::move(written);
    parts.now = [&actors] { return actors.now(); };
    x.events = std::make_unique<relay>(config, std::move(parts));
    x.events->start();
  }
  return placed;
}

std::function<store::shard_numbers()> redis_services::published() const {
  if (!inside_->events)
    return {};
  return [x = inside_] {
    store::shard_numbers out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = x->events->stats().published[i].load();
    return out;
  };
}

void redis_services::opened(shard_id shard) {
  inside_->opened(shard);
}

void redis_services::stop() {
  inside_->tasks.stop();
  if (inside_->events)
    inside_->events->stop();
  inside_->link.stop();
}

} // namespace hansom
