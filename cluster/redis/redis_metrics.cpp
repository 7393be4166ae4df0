#include "cluster/redis/redis_metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

namespace hansom {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class collector final : public prometheus::Collectable {
public:
  collector(const redis::link& link, const redis::position_board& board,
            const stream_mirror& mirror,
            std::function<const relay_stats*()> events)
    : link_{link}, board_{board}, mirror_{mirror}, events_{std::move(events)} {
  }

  [[nodiscard]] std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> out;
    add_link(out);
    add_positions(out);
    add_resumes(out);
    if (auto* x = events_())
      add_events(out, *x);
    return out;
  }

private:
  using families = std::vector<MetricFamily>;

  static MetricFamily& family(families& out, const char* name, const char* help,
                              MetricType type) {
    out.emplace_back();
    out.back().name = name;
    out.back().help = help;
    out.back().type = type;
    return out.back();
  }

  static void add(MetricFamily& to, double value, const char* label = nullptr,
                  const std::string& text = {}) {
    ClientMetric x;
    if (label != nullptr)
      x.label.push_back({label, text});
    (to.type == MetricType::Gauge ? x.gauge.value : x.counter.value) = value;
    to.metric.push_back(std::move(x));
  }

  static void count(families& out, const char* name, const char* help,
                    std::uint64_t n) {
    add(family(out, name, help, MetricType::Counter), static_cast<double>(n));
  }
  static void gauge(families& out, const char* name, const char* help,
                    double x) {
    add(family(out, name, help, MetricType::Gauge), x);
  }

  void add_link(families& out) const {
    auto& s = link_.stats();
    gauge(out, "hansom_redis_up", "Whether Redis is connected",
          link_.connected() ? 1 : 0);
    count(out, "hansom_redis_commands_total", "Commands sent", s.commands);
    count(out, "hansom_redis_batches_total", "Pipelines sent", s.batches);
    gauge(out, "hansom_redis_last_batch_commands",
          "Commands of the last pipeline", static_cast<double>(s.last_batch));
    count(out, "hansom_redis_connects_total", "Connections made", s.connects);
    gauge(out, "hansom_redis_unanswered_commands", "Commands queued or sent",
          static_cast<double>(s.unanswered));
    gauge(out, "hansom_redis_unanswered_bytes", "The same, in bytes",
          static_cast<double>(s.unanswered_bytes));
    gauge(out, "hansom_redis_last_round_trip_seconds",
          "From a pipeline to its answer, the last time",
          static_cast<double>(s.round_trip_us) / 1e6);
    auto& drops =
      family(out, "hansom_redis_drops_total",
             "Commands that were not carried out", MetricType::Counter);
    for (std::size_t i = 0; i < redis::link_drop_count; ++i)
      add(drops, static_cast<double>(s.drops[i]), "reason",
          to_string(static_cast<redis::link_drop>(i)));
  }

  void add_positions(families& out) const {
    auto& s = board_.stats();
    auto& positions =
      family(out, "hansom_redis_positions_total",
             "Last positions, by what became of them", MetricType::Counter);
    auto one = [&](const char* what, std::uint64_t n) {
      add(positions, static_cast<double>(n), "what", what);
    };
    one("taken", s.taken);
    one("overtaken", s.conflated);
    one("written", s.written);
    one("put_off", s.put_off);
    one("removed", s.removed);
    one("dropped_full", s.dropped_full);
    one("outdated", s.outdated);
    gauge(out, "hansom_redis_drivers", "Drivers whose last position is known",
          static_cast<double>(s.known));
  }

  void add_resumes(families& out) const {
    auto& x = family(out, "hansom_redis_resumes_total",
                     "Sessions of other processes that clients asked for",
                     MetricType::Counter);
    add(x, static_cast<double>(mirror_.found()), "outcome", "complete");
    add(x, static_cast<double>(mirror_.missed()), "outcome", "missing");
  }

  static void add_events(families& out, const relay_stats& s) {
    count(out, "hansom_relay_events_total", "Events published", s.events);
    count(out, "hansom_relay_batches_total", "Batches published", s.batches);
    count(out, "hansom_relay_regressions_total",
          "Streams that had lost events and were published again",
          s.regressions);
    gauge(out, "hansom_relay_lag_seconds",
          "How long the oldest unpublished event waits",
          static_cast<double>(s.lag_ms) / 1e3);
    gauge(out, "hansom_relay_lag_events",
          "Unpublished events of the shard furthest behind",
          static_cast<double>(s.lag_events));
    gauge(out, "hansom_relay_streams_ahead",
          "Streams ahead of the journal, not published",
          static_cast<double>(s.ahead));
    gauge(out, "hansom_relay_up", "Whether events can be published",
          s.sink_away || s.store_away ? 0 : 1);
  }

  const redis::link& link_;
  const redis::position_board& board_;
  const stream_mirror& mirror_;
  std::function<const relay_stats*()> events_;
};

} // namespace

std::shared_ptr<prometheus::Collectable> make_redis_collector(
  const redis::link& link, const redis::position_board& board,
  const stream_mirror& mirror, std::function<const relay_stats*()> events) {
  return std::make_shared<collector>(link, board, mirror, std::move(events));
}

} // namespace hansom
