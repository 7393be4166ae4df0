#include "bench/suite/ride_bench.hpp"

#include <algorithm>
#include <cstdio>

namespace hansom::bench {

namespace {

/// Sockets of one process, less what else it opens.
constexpr std::uint32_t clients_max = 19'000;
constexpr const char* completed =
  "hansom_gateway_command_seconds_count{type=\"trip.complete\"}";

} // namespace

ride_bench::ride_bench(const scene& at) : at_{at} {
  span_ = at.how.quick ? 3 : 5;
  // Far more drivers than riders: supply must not be what is measured, and
  // cells match at once only while there is plenty.
  drivers_ = at.how.quick ? 4000 : 9000;
}

std::uint32_t ride_bench::riders_max() const noexcept {
  return clients_max - drivers_;
}

pace ride_bench::measure(double per_s, std::uint32_t riders,
                         const std::string& name) {
  // A new node each time: rides cut off by the end of a load leave drivers on
  // trips that nobody will end. The bare load says no heartbeats, and may need
  // its time to connect on a slow machine.
  auto whom =
    at_.start({"dispatch.arrived_within_m=0", "gateway.heartbeat=2m"});
  fleet::ride_load x;
  x.base.url = whom->url();
  x.base.dev_key_file = at_.key_file();
  x.base.drivers = drivers_;
  x.base.connects_per_s = 4000;
  x.base.seconds = span_ + 2;
  x.riders = riders;
  x.rides_per_s = per_s;
  return under_load(
    *whom,
    [&](std::atomic<bool>& stop) { return fleet::run_ride_load(x, stop); },
    [&] { return metrics{whom->get("/metrics")}.of(completed); },
    [&] {
      const metrics before{whom->get("/metrics")};
      at_.record(*whom, name, span_);
      note_work(before, metrics{whom->get("/metrics")});
    });
}

/// What a trip is made of, and how well commits are shared.
void ride_bench::note_work(const metrics& before, const metrics& after) {
  auto grown = [&](const char* name) {
    return after.of(name) - before.of(name);
  };
  const auto trips = std::max(grown(completed), 1.0);
  const auto steps = grown("hansom_journal_writes_total");
  char text[160];
  std::snprintf(text, sizeof text,
                "; per trip %.1f frames out in %.1f writes, %.1f durable "
                "steps; %.1f steps "
                "per commit, commits %.0f %% of the time",
                grown("hansom_gateway_sent_frames_total") / trips,
                grown("hansom_gateway_writes_total") / trips, steps / trips,
                steps / std::max(grown("hansom_journal_commits_total"), 1.0),
                100 * grown("hansom_journal_busy_seconds_total") / span_);
  work_ = text;
}

std::string ride_bench::said(const pace& x) const {
  char text[240];
  std::snprintf(text, sizeof text,
                "%.0f trips/s, %.0f us CPU each, server on %.2f cores, load "
                "on %.2f (its own %.0f us a trip)",
                x.per_s, x.cpu_us, x.cpu_load, x.load.cpu_s / x.load.seconds,
                1e6 * x.load.cpu_s
                  / std::max(static_cast<double>(x.load.completed), 1.0));
  std::string out = text + work_;
  for (auto& [code, n] : x.load.errors)
    out += "; " + std::to_string(n) + ' ' + code;
  return out;
}

} // namespace hansom::bench
