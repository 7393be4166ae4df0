#include "cluster/node/node_metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>

namespace hansom {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class node_collector final : public prometheus::Collectable {
public:
  node_collector(runtime& actors,
                 std::shared_ptr<const journal_writer_stats> written)
    : actors_{actors}, written_{std::move(written)} {
  }

  [[nodiscard]] std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> out;
    add_actors(out);
    add_journal(out);
    return out;
  }

private:
  static MetricFamily& family(std::vector<MetricFamily>& out, std::string name,
                              std::string help, MetricType type) {
    out.emplace_back();
    out.back().name = std::move(name);
    out.back().help = std::move(help);
    out.back().type = type;
    return out.back();
  }

  static void add(MetricFamily& to, double value, std::string label = {},
                  std::string text = {}) {
    ClientMetric x;
    if (!label.empty())
      x.label.push_back({std::move(label), std::move(text)});
    (to.type == MetricType::Gauge ? x.gauge.value : x.counter.value) = value;
    to.metric.push_back(std::move(x));
  }

  void add_actors(std::vector<MetricFamily>& out) const {
    struct total {
      double actors = 0;
      double mailbox = 0;
      double handled = 0;
    };
    std::array<total, 5> totals{};
    actors_.entities().for_each([&](entity_ref who, const resident& x) {
      auto& t = totals[static_cast<std::size_t>(who.kind)];
      t.actors += 1;
      t.mailbox += static_cast<double>(x.watch->depth());
      t.handled +=
        static_cast<double>(x.watch->handled.load(std::memory_order_relaxed));
    });
    auto& resident_actors =
      family(out, "hansom_actors", "Actors in memory", MetricType::Gauge);
    each_kind(totals, [&](auto& t, auto name) {
      add(resident_actors, t.actors, "kind", name);
    });
    auto& mailbox = family(out, "hansom_mailbox_messages",
                           "Messages waiting in mailboxes", MetricType::Gauge);
    each_kind(totals, [&](auto& t, auto name) {
      add(mailbox, t.mailbox, "kind", name);
    });
    add(family(out, "hansom_alarms", "Alarms set", MetricType::Gauge),
        static_cast<double>(actors_.pending_alarms()));
    auto& drops = family(out, "hansom_drops_total",
                         "Messages dropped or refused inside the node",
                         MetricType::Counter);
    for (std::size_t i = 0; i < drop_reason_count; ++i) {
      auto why = static_cast<drop_reason>(i);
      add(drops, static_cast<double>(actors_.drops().of(why)), "reason",
          std::string{to_text(why)});
    }
  }

  template <class Totals, class Visit>
  static void each_kind(const Totals& totals, Visit visit) {
    for (auto kind : {entity_kind::driver, entity_kind::rider,
                      entity_kind::trip, entity_kind::cell})
      visit(totals[static_cast<std::size_t>(kind)], to_string(kind));
  }

  void add_journal(std::vector<MetricFamily>& out) const {
    auto count = [&](const char* name, const char* help,
                     const std::atomic<std::uint64_t>& x,
                     MetricType type = MetricType::Counter) {
      add(family(out, name, help, type),
          static_cast<double>(x.load(std::memory_order_relaxed)));
    };
    auto& w = *written_;
    count("hansom_journal_commits_total", "Group commits", w.batches);
    count("hansom_journal_writes_total", "Durable steps of entities", w.writes);
    count("hansom_journal_events_total", "Events made durable", w.events);
    count("hansom_journal_queue_writes", "Writes waiting for their commit",
          w.queued, MetricType::Gauge);
    auto& seconds = family(out, "hansom_journal_busy_seconds_total",
                           "Time spent in commits", MetricType::Counter);
    add(seconds,
        static_cast<double>(w.busy_ns.load(std::memory_order_relaxed)) / 1e9);
    auto& refused =
      family(out, "hansom_journal_refused_total",
             "Writes that did not become durable", MetricType::Counter);
    auto reason = [&](const char* name, const std::atomic<std::uint64_t>& x) {
      add(refused, static_cast<double>(x.load(std::memory_order_relaxed)),
          "reason", name);
    };
    reason("queue_full", w.refused_full);
    reason("stale_epoch", w.fenced);
    reason("duplicate_command", w.duplicates);
    reason("claim_lost", w.claims_lost);
    reason("sequence_conflict", w.sequence_conflicts);
    reason("rejected", w.rejected);
    reason("unavailable", w.unavailable);
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

} // namespace hansom
