#include "cluster/node/actor_metrics.hpp"

#include "actors/runtime/kind_description.hpp"
#include "actors/runtime/mailbox_waits.hpp"
#include "gateway/metrics/metric_families.hpp"

#include <array>
#include <limits>
#include <string_view>

namespace hansom {

namespace {

using metric::add;
using metric::counters;
using metric::families;
using metric::gauges;
using metric::histograms;

constexpr std::array kinds{entity_kind::driver, entity_kind::rider,
                           entity_kind::trip, entity_kind::cell};

/// Bounds of handling times, in microseconds: ends of the ledger's buckets.
constexpr std::array<std::uint64_t, 6> handling_bounds_us{
  128, 1'024, 8'192, 65'536, 262'144, 1'048'576};

/// @returns how many are in one of these states.
double count_in(const kind_total& all, entity_kind kind,
                std::initializer_list<std::string_view> states) {
  double n = 0;
  auto& names = describe_kind(kind).states;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (auto name : states)
      n += names[i] == name ? all.by_state[i] : 0;
  return n;
}

class actor_collector final : public prometheus::Collectable {
public:
  actor_collector(runtime& actors, surveyor& probes)
    : actors_{actors}, probes_{probes} {
  }

  [[nodiscard]] families Collect() const override {
    families out;
    add_populations(out);
    add_messages(out);
    add_waits(out);
    add_incidents(out);
    return out;
  }

private:
  void add_populations(families& out) const {
    auto all = probes_.count();
    auto of = [&all](entity_kind x) -> kind_total& {
      return all[static_cast<std::size_t>(x)];
    };
    auto& count = gauges(out, "hansom_actors", "Actors in memory");
    for (auto x : kinds)
      add(count, static_cast<double>(of(x).actors), {{"kind", to_string(x)}});
    auto& mail =
      gauges(out, "hansom_mailbox_messages", "Messages waiting in mailboxes");
    for (auto x : kinds)
      add(mail, static_cast<double>(of(x).mailbox), {{"kind", to_string(x)}});
    auto& states =
      gauges(out, "hansom_actors_in_state", "Actors in memory, by state");
    for (auto x : kinds)
      for (std::size_t i = 0; i < describe_kind(x).states.size(); ++i)
        if (auto n = of(x).by_state[i])
          add(states, n,
              {{"kind", to_string(x)},
               {"state", std::string{describe_kind(x).states[i]}}});
    add_utilisation(out, of(entity_kind::driver));
  }

  /// Reserved and stopped drivers drive to a rider, or wait for one.
  static void add_utilisation(families& out, const kind_total& drivers) {
    auto busy = count_in(drivers, entity_kind::driver,
                         {"reserved", "stopped", "on_trip"});
    auto free = count_in(drivers, entity_kind::driver, {"available"});
    add(gauges(out, "hansom_drivers_busy", "Drivers with a ride or an offer"),
        busy);
    add(gauges(out, "hansom_drivers_free", "Drivers who could take a ride"),
        free);
    add(gauges(out, "hansom_driver_utilisation_ratio",
               "Busy drivers among those who are busy or free"),
        busy + free > 0 ? busy / (busy + free) : 0);
  }

  void add_messages(families& out) const {
    auto totals = actors_.watch().ledger().totals();
    auto& took = histograms(out, "hansom_actor_message_seconds",
                            "How long actors took to handle messages");
    for (auto& x : totals)
      add_times(took, x);
    auto& failed = counters(out, "hansom_actor_messages_failed_total",
                            "Messages whose handler has thrown");
    for (auto& x : totals)
      add(failed, static_cast<double>(x.failed),
          {{"kind", to_string(x.actor)},
           {"message", std::string{name_of(x.message)}}});
    auto& slow = counters(out, "hansom_actor_messages_slow_total",
                          "Messages that took longer than their deadline");
    for (auto& x : totals)
      add(slow, static_cast<double>(x.slow),
          {{"kind", to_string(x.actor)},
           {"message", std::string{name_of(x.message)}}});
  }

  static void add_times(metric::family& to, const message_total& x) {
    auto& row =
      metric::add_row(to, {{"kind", to_string(x.actor)},
                           {"message", std::string{name_of(x.message)}}})
        .histogram;
    std::uint64_t count = 0;
    std::size_t i = 0;
    for (auto bound : handling_bounds_us) {
      for (; i < x.by_time.size() && message_tally::upper_end(i) <= bound; ++i)
        count += x.by_time[i];
      row.bucket.push_back(
        {count, static_cast<double>(bound) * metric::microseconds_unit});
    }
    for (; i < x.by_time.size(); ++i)
      count += x.by_time[i];
    row.bucket.push_back({count, std::numeric_limits<double>::infinity()});
    row.sample_count = count;
    row.sample_sum = static_cast<double>(x.busy_ns) * metric::nanoseconds_unit;
  }

  void add_waits(families& out) const {
    auto& waits =
      histograms(out, "hansom_mailbox_wait_seconds",
                 "How long messages waited for their turn; one in 16 is timed");
    for (auto x : kinds)
      add(waits, mailbox_waits::of(x), metric::microseconds_unit,
          {{"kind", to_string(x)}});
  }

  void add_incidents(families& out) const {
    auto& w = actors_.watch();
    auto& all = counters(out, "hansom_actor_incidents_total",
                         "What should not happen often, by what it was");
    add(all, static_cast<double>(w.slow().total()), {{"what", "slow"}});
    add(all, static_cast<double>(w.deaths().total()), {{"what", "death"}});
    add(all, static_cast<double>(w.dead_letters().total()),
        {{"what", "dead_letter"}});
    add(all, static_cast<double>(w.unhandled().total()),
        {{"what", "unhandled"}});
  }

  runtime& actors_;
  surveyor& probes_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_actor_collector(runtime& actors, surveyor& probes) {
  return std::make_shared<actor_collector>(actors, probes);
}

} // namespace hansom
