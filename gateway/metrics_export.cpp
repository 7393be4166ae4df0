#include "gateway/metrics_export.hpp"

#include "gateway/metric_families.hpp"
#include "protocol/json.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <limits>
#include <utility>

namespace hansom {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

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

  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> out;
    gauges(out);
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

  static MetricFamily& family(std::vector<MetricFamily>& out, std::string name,
                              std::string help, MetricType type) {
    MetricFamily x;
    x.name = std::move(name);
    x.help = std::move(help);
    x.type = type;
    out.push_back(std::move(x));
    return out.back();
  }

  static void add(MetricFamily& to, double value, std::string label = {},
                  std::string_view text = {}) {
    ClientMetric x;
    if (!label.empty())
      x.label.push_back({std::move(label), std::string{text}});
    (to.type == MetricType::Gauge ? x.gauge.value : x.counter.value) = value;
    to.metric.push_back(std::move(x));
  }

  template <class Get>
  void plain(std::vector<MetricFamily>& out, std::string name, std::string help,
             MetricType type, Get&& get) const {
    add(family(out, std::move(name), std::move(help), type), sum(get));
  }

  void gauges(std::vector<MetricFamily>& out) const {
    add(family(out, "hansom_gateway_draining",
               "Whether clients are asked to go elsewhere.", MetricType::Gauge),
        draining_ ? 1 : 0);
    plain(
      out, "hansom_gateway_connections", "Open sockets.", MetricType::Gauge,
      [](auto& x) -> auto& { return x.connections; });
    plain(
      out, "hansom_gateway_websockets", "Open websockets.", MetricType::Gauge,
      [](auto& x) -> auto& { return x.websockets; });
    plain(
      out, "hansom_gateway_sessions",
      "Sessions, with those that wait for a resume.", MetricType::Gauge,
      [](auto& x) -> auto& { return x.sessions; });
  }

  void traffic(std::vector<MetricFamily>& out) const {
    plain(
      out, "hansom_gateway_accepted_total", "Accepted sockets.",
      MetricType::Counter, [](auto& x) -> auto& { return x.accepted; });
    plain(
      out, "hansom_gateway_tls_failed_total", "Failed TLS handshakes.",
      MetricType::Counter, [](auto& x) -> auto& { return x.tls_failed; });
    plain(
      out, "hansom_gateway_received_bytes_total",
      "Payload of text frames from clients.", MetricType::Counter,
      [](auto& x) -> auto& { return x.bytes_in; });
    plain(
      out, "hansom_gateway_sent_bytes_total",
      "Payload of text frames to clients.", MetricType::Counter,
      [](auto& x) -> auto& { return x.bytes_out; });
    plain(
      out, "hansom_gateway_sent_frames_total", "Text frames to clients.",
      MetricType::Counter, [](auto& x) -> auto& { return x.frames_out; });
    plain(
      out, "hansom_gateway_writes_total", "Writes of text frames to clients.",
      MetricType::Counter, [](auto& x) -> auto& { return x.writes; });
    plain(
      out, "hansom_gateway_position_batches_total",
      "Messages with positions to cells.", MetricType::Counter,
      [](auto& x) -> auto& { return x.position_batches; });
    auto& frames = family(out, "hansom_gateway_frames_total",
                          "Frames from clients.", MetricType::Counter);
    for (std::size_t i = 0; i < client_message_count; ++i)
      add(frames, sum([i](auto& x) -> auto& { return x.frames_in[i]; }), "type",
          frame_names()[i]);
    add(frames, sum([](auto& x) -> auto& { return x.frames_bad; }), "type",
        "bad");
    auto& positions =
      family(out, "hansom_gateway_positions_total",
             "Position reports by verdict.", MetricType::Counter);
    for (std::size_t i = 0; i < position_verdict_count; ++i)
      add(positions, sum([i](auto& x) -> auto& { return x.positions[i]; }),
          "verdict", to_string(static_cast<position_verdict>(i)));
    auto& resumes =
      family(out, "hansom_gateway_resumes_total",
             "Clients that asked to resume.", MetricType::Counter);
    add(resumes, sum([](auto& x) -> auto& { return x.resume_hits; }), "outcome",
        "replayed");
    add(resumes, sum([](auto& x) -> auto& { return x.resume_misses; }),
        "outcome", "resync");
    auto& http =
      family(out, "hansom_gateway_http_responses_total",
             "HTTP answers by class of status.", MetricType::Counter);
    for (std::size_t i = 1; i < 6; ++i)
      add(http, sum([i](auto& x) -> auto& { return x.http[i]; }), "class",
          std::to_string(i) + "xx");
  }

  void refusals(std::vector<MetricFamily>& out) const {
    auto& errors =
      family(out, "hansom_gateway_errors_total",
             "Error frames made by the gateway.", MetricType::Counter);
    for (std::size_t i = 1; i < error_code_count; ++i)
      add(errors, sum([i](auto& x) -> auto& { return x.errors[i]; }), "code",
          facts(static_cast<error_code>(i)).code);
    auto& refused = family(out, "hansom_gateway_refusals_total",
                           "Commands that actors have refused, by error code.",
                           MetricType::Counter);
    for (std::size_t i = 1; i < error_code_count; ++i)
      add(refused, sum([i](auto& x) -> auto& { return x.refusals[i]; }), "code",
          facts(static_cast<error_code>(i)).code);
    auto& closes = family(out, "hansom_gateway_closes_total",
                          "Websockets closed by the gateway, by close code.",
                          MetricType::Counter);
    for (auto code : close_codes)
      add(closes, sum([i = worker_metrics::index_of(code)](auto& x) -> auto& {
            return x.closes[i];
          }),
          "code", std::to_string(static_cast<int>(code)));
    for (std::size_t i = 0; i < rfc_close_codes.size(); ++i)
      add(closes, sum([i](auto& x) -> auto& { return x.broken[i]; }), "code",
          std::to_string(rfc_close_codes[i]));
    add(closes, sum([](auto& x) -> auto& { return x.closed_by_peer; }), "code",
        "peer");
    auto& drops = family(out, "hansom_gateway_drops_total",
                         "What the gateway dropped or turned away, by reason.",
                         MetricType::Counter);
    for (std::size_t i = 0; i < gateway_drop_count; ++i)
      add(drops, sum([i](auto& x) -> auto& { return x.drops[i]; }), "reason",
          to_text(static_cast<gateway_drop>(i)));
  }

  void frame_sizes(std::vector<MetricFamily>& out) const {
    auto& sizes = metric::histograms(out, "hansom_gateway_frame_bytes",
                                     "Payload of text frames, by direction.");
    metric::add_sum(sizes, workers_,
                    [](auto* x) -> auto& { return x->frame_sizes_in; }, 1,
                    {{"direction", "in"}});
    metric::add_sum(sizes, workers_,
                    [](auto* x) -> auto& { return x->frame_sizes_out; }, 1,
                    {{"direction", "out"}});
  }

  void latencies(std::vector<MetricFamily>& out) const {
    auto& latency =
      family(out, "hansom_gateway_command_seconds",
             "From a command's frame to its answer.", MetricType::Histogram);
    for (std::size_t kind = 0; kind < client_message_count; ++kind) {
      ClientMetric x;
      x.label.push_back({"type", frame_names()[kind]});
      std::uint64_t count = 0;
      for (std::size_t i = 0; i <= latency_histogram::bounds_us.size(); ++i) {
        count += static_cast<std::uint64_t>(
          sum([&](auto& w) -> auto& { return w.latency[kind].buckets[i]; }));
        auto last = i == latency_histogram::bounds_us.size();
        x.histogram.bucket.push_back(
          {count, last ? std::numeric_limits<double>::infinity()
                       : latency_histogram::bounds_us[i] / 1e6});
      }
      if (count == 0)
        continue; // Types that are no commands, or were never said.
      x.histogram.sample_count = count;
      x.histogram.sample_sum =
        sum([&](auto& w) -> auto& { return w.latency[kind].sum_us; }) / 1e6;
      latency.metric.push_back(std::move(x));
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
