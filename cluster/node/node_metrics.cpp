#include "cluster/node/node_metrics.hpp"

#include "gateway/metrics/metric_families.hpp"

namespace hansom {

namespace {

using metric::add;
using metric::counters;
using metric::families;
using metric::gauges;

class node_collector final : public prometheus::Collectable {
public:
  node_collector(runtime& actors,
                 std::shared_ptr<const journal_writer_stats> written)
    : actors_{actors}, written_{std::move(written)} {
  }

  [[nodiscard]] families Collect() const override {
    families out;
    add(gauges(out, "hansom_alarms", "Alarms set"),
        static_cast<double>(actors_.pending_alarms()));
    auto& drops = counters(out, "hansom_drops_total",
                           "Messages dropped or refused inside the node");
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
      auto why = static_cast<drop_reason>(i);
      add(drops, static_cast<double>(actors_.drops().of(why)),
          {{"reason", std::string{to_text(why)}}});
    }
    add_journal(out);
    return out;
  }

private:
  void add_journal(families& out) const {
    auto& w = *written_;
    add(counters(out, "hansom_journal_commits_total", "Group commits"),
        w.batches);
    add(
      counters(out, "hansom_journal_writes_total", "Durable steps of entities"),
      w.writes);
    add(counters(out, "hansom_journal_events_total", "Events made durable"),
        w.events);
    add(gauges(out, "hansom_journal_queue_writes",
               "Writes waiting for their commit"),
        w.queued);
    add(counters(out, "hansom_journal_busy_seconds_total",
                 "Time spent in commits"),
        static_cast<double>(w.busy_ns.load(std::memory_order_relaxed)) / 1e9);
    auto& refused = counters(out, "hansom_journal_refused_total",
                             "Writes that did not become durable");
    add(refused, w.refused_full, {{"reason", "queue_full"}});
    add(refused, w.fenced, {{"reason", "stale_epoch"}});
    add(refused, w.duplicates, {{"reason", "duplicate_command"}});
    add(refused, w.claims_lost, {{"reason", "claim_lost"}});
    add(refused, w.sequence_conflicts, {{"reason", "sequence_conflict"}});
    add(refused, w.rejected, {{"reason", "rejected"}});
    add(refused, w.unavailable, {{"reason", "unavailable"}});
  }

  runtime& actors_;
  std::shared_ptr<const journal_writer_stats> written_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_node_collector(runtime& actors,
                    std::shared_ptr<const journal_writer_stats> written) {
  return std::make_shared<node_collector>(actors, std::move(written));
}

health_check journal_health(const journal_writer_stats& written,
                            std::size_t queue_max) {
  auto waiting = written.queued.load(std::memory_order_relaxed);
  if (written.outage_began_ns.load(std::memory_order_relaxed) != 0)
    return {"store", health_status::degraded,
            "gone, " + std::to_string(waiting)
              + " writes wait: " + written.last_failure()};
  if (waiting * 2 > queue_max)
    return {"store", health_status::degraded,
            std::to_string(waiting) + " writes wait"};
  return {"store", {}, {}};
}

} // namespace hansom
