#include "gateway/metrics/metrics_export.hpp"

#include "gateway/metrics/metric_families.hpp"
#include "protocol/json/json.hpp"

#include <utility>

namespace hansom {

namespace {

using metric::add;
using metric::add_sum;
using metric::counters;
using metric::families;
using metric::gauges;
using metric::histograms;

template <std::size_t... Is>
std::array<std::string, client_message_count>
frame_names(std::index_sequence<Is...>) {
  return {std::string{type_name(client_message{std::in_place_index<Is>})}...};
}

const std::array<std::string, client_message_count>& frame_names() {
  static const auto names =
    frame_names(std::make_index_sequence<client_message_count>{});
  return names;
}

constexpr std::array<close_code, 12> close_codes{
  close_code::slow_client,   close_code::heartbeat_missed,
  close_code::going_away,    close_code::token_refresh,
  close_code::internal,      close_code::overloaded,
  close_code::replaced,      close_code::unauthenticated,
  close_code::hello_timeout, close_code::protocol_violation,
  close_code::rate_limited,  close_code::forbidden};

class collector final : public prometheus::Collectable {
public:
  collector(std::vector<const worker_metrics*> workers,
            const std::atomic<bool>& draining)
    : workers_{std::move(workers)}, draining_{draining} {
  }

  families Collect() const override {
    families out;
    now(out);
    traffic(out);
    refusals(out);
    latencies(out);
    frame_sizes(out);
    return out;
  }

private:
  template <class Get>
  double sum(Get&& get) const {
    std::uint64_t n = 0;
    for (auto* x : workers_)
      n += get(*x).get();
    return static_cast<double>(n);
  }

  void now(families& out) const {
    add(gauges(out, "hansom_gateway_draining",
               "Whether clients are asked to go elsewhere."),
        draining_ ? 1 : 0);
    add(gauges(out, "hansom_gateway_connections", "Open sockets."),
        sum([](auto& x) -> auto& { return x.connections; }));
    add(gauges(out, "hansom_gateway_websockets", "Open websockets."),
        sum([](auto& x) -> auto& { return x.websockets; }));
    add(gauges(out, "hansom_gateway_sessions",
               "Sessions, with those that wait for a resume."),
        sum([](auto& x) -> auto& { return x.sessions; }));
  }

  void traffic(families& out) const {
    add(counters(out, "hansom_gateway_accepted_total", "Accepted sockets."),
        sum([](auto& x) -> auto& { return x.accepted; }));
    add(counters(out, "hansom_gateway_tls_failed_total",
                 "Failed TLS handshakes."),
        sum([](auto& x) -> auto& { return x.tls_failed; }));
    add(counters(out, "hansom_gateway_received_bytes_total",
                 "Payload of text frames from clients."),
        sum([](auto& x) -> auto& { return x.bytes_in; }));
    add(counters(out, "hansom_gateway_sent_bytes_total",
                 "Payload of text frames to clients."),
        sum([](auto& x) -> auto& { return x.bytes_out; }));
    add(counters(out, "hansom_gateway_sent_frames_total",
                 "Text frames to clients."),
        sum([](auto& x) -> auto& { return x.frames_out; }));
    add(counters(out, "hansom_gateway_writes_total",
                 "Writes of text frames to clients."),
        sum([](auto& x) -> auto& { return x.writes; }));
    add(counters(out, "hansom_gateway_position_batches_total",
                 "Messages with positions to cells."),
        sum([](auto& x) -> auto& { return x.position_batches; }));
    auto& frames =
      counters(out, "hansom_gateway_frames_total", "Frames from clients.");
    for (std::size_t i = 0; i < client_message_count; ++i)
      add(frames, sum([i](auto& x) -> auto& { return x.frames_in[i]; }),
          {{"type", frame_names()[i]}});
    add(frames, sum([](auto& x) -> auto& { return x.frames_bad; }),
        {{"type", "bad"}});
    auto& positions = counters(out, "hansom_gateway_positions_total",
                               "Position reports by verdict.");
    for (std::size_t i = 0; i < position_verdict_count; ++i)
      add(positions, sum([i](auto& x) -> auto& { return x.positions[i]; }),
          {{"verdict",
            std::string{to_string(static_cast<position_verdict>(i))}}});
    auto& resumes = counters(out, "hansom_gateway_resumes_total",
                             "Clients that asked to resume.");
    add(resumes, sum([](auto& x) -> auto& { return x.resume_hits; }),
        {{"outcome", "replayed"}});
    add(resumes, sum([](auto& x) -> auto& { return x.resume_misses; }),
        {{"outcome", "resync"}});
    auto& http = counters(out, "hansom_gateway_http_responses_total",
                          "HTTP answers by class of status.");
    for (std::size_t i = 1; i < 6; ++i)
      add(http, sum([i](auto& x) -> auto& { return x.http[i]; }),
          {{"class", std::to_string(i) + "xx"}});
  }

  void refusals(families& out) const {
    auto& errors = counters(out, "hansom_gateway_errors_total",
                            "Error frames made by the gateway.");
    for (std::size_t i = 1; i < error_code_count; ++i)
      add(errors, sum([i](auto& x) -> auto& { return x.errors[i]; }),
          {{"code", std::string{facts(static_cast<error_code>(i)).code}}});
    auto& refused =
      counters(out, "hansom_gateway_refusals_total",
               "Commands that actors have refused, by error code.");
    for (std::size_t i = 1; i < error_code_count; ++i)
      add(refused, sum([i](auto& x) -> auto& { return x.refusals[i]; }),
          {{"code", std::string{facts(static_cast<error_code>(i)).code}}});
    auto& closes = counters(out, "hansom_gateway_closes_total",
                            "Websockets closed by the gateway, by close code.");
    for (auto code : close_codes)
      add(closes, sum([i = worker_metrics::index_of(code)](auto& x) -> auto& {
            return x.closes[i];
          }),
          {{"code", std::to_string(static_cast<int>(code))}});
    for (std::size_t i = 0; i < rfc_close_codes.size(); ++i)
      add(closes, sum([i](auto& x) -> auto& { return x.broken[i]; }),
          {{"code", std::to_string(rfc_close_codes[i])}});
    add(closes, sum([](auto& x) -> auto& { return x.closed_by_peer; }),
        {{"code", "peer"}});
    auto& drops =
      counters(out, "hansom_gateway_drops_total",
               "What the gateway dropped or turned away, by reason.");
    for (std::size_t i = 0; i < gateway_drop_count; ++i)
      add(drops, sum([i](auto& x) -> auto& { return x.drops[i]; }),
          {{"reason", std::string{to_text(static_cast<gateway_drop>(i))}}});
  }

  void frame_sizes(families& out) const {
    auto& sizes = histograms(out, "hansom_gateway_frame_bytes",
                             "Payload of text frames, by direction.");
    add_sum(sizes, workers_, [](auto* x) -> auto& { return x->frame_sizes_in; },
            1, {{"direction", "in"}});
    add_sum(sizes, workers_,
            [](auto* x) -> auto& { return x->frame_sizes_out; }, 1,
            {{"direction", "out"}});
  }

  void latencies(families& out) const {
    auto& latency = histograms(out, "hansom_gateway_command_seconds",
                               "From a command's frame to its answer.");
    for (std::size_t kind = 0; kind < client_message_count; ++kind) {
      add_sum(latency,
              workers_, [kind](auto* x) -> auto& { return x->latency[kind]; },
              metric::microseconds_unit, {{"type", frame_names()[kind]}});
      // Types that are no commands, or were never said.
      if (latency.metric.back().histogram.sample_count == 0)
        latency.metric.pop_back();
    }
  }

  std::vector<const worker_metrics*> workers_;
  const std::atomic<bool>& draining_;
};

} // namespace

std::string_view to_text(gateway_drop x) noexcept {
  static constexpr std::array<std::string_view, gateway_drop_count> names{
    "session_gone",     "detached",       "closing",       "outbox_latest",
    "outbox_full",      "mailbox_full",   "position_rate", "duplicate_command",
    "connections_full", "handshake_rate", "accept_failed", "not_ready",
    "overload_slow",    "overload_full"};
  return names[static_cast<std::size_t>(x)];
}

std::shared_ptr<prometheus::Collectable>
make_gateway_collector(std::vector<const worker_metrics*> workers,
                       const std::atomic<bool>& draining) {
  return std::make_shared<collector>(std::move(workers), draining);
}

} // namespace hansom
