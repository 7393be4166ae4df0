#include "bench/suite/ride_bench.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace hansom::bench {

namespace {

/// One peak, and the load of twice that peak right after it.
struct pair_of {
  pace peak;
  pace over;

  [[nodiscard]] double served() const {
    return over.per_s / peak.per_s;
  }
};

pair_of measure_pair(ride_bench& bench, std::size_t number) {
  const auto name = std::to_string(number);
  pair_of x;
  x.peak = bench.measure(flat_out, bench.riders(), "overload-peak-" + name);
  // Open loop: those who ask do not care how many wait already. Who has been
  // told when to come back rests so long, so there must be more of them.
  const auto riders = std::clamp(static_cast<std::uint32_t>(4 * x.peak.per_s),
                                 bench.riders(), bench.riders_max());
  x.over = bench.measure(2 * x.peak.per_s, riders, "overload-twice-" + name);
  return x;
}

void tell_rest(const report& to, const fleet::load_result& load) {
  const auto begun = static_cast<double>(load.sent);
  const auto open = begun - static_cast<double>(load.completed)
                    - static_cast<double>(load.refused);
  row r;
  r.measure = "overload: without an answer or an end when the load stopped";
  r.unit = "%";
  r.value = 100 * open / begun;
  char text[240];
  std::snprintf(text, sizeof text,
                "of %.0f begun: %.0f completed, %.0f refused in words and told "
                "when to come back, %.0f refused otherwise; %.0f never begun "
                "for want of a rider",
                begun, static_cast<double>(load.completed),
                static_cast<double>(load.told_when),
                static_cast<double>(load.refused - load.told_when),
                static_cast<double>(load.no_rider));
  r.note = text;
  to(r);
}

} // namespace

void measure_overload(const report& to, const scene& at) {
  ride_bench bench{at};
  std::vector<pair_of> pairs;
  std::string last;
  // The machine's mood changes from one minute to the next: each load is held
  // against the peak just before it.
  const std::size_t n = at.how.quick ? 2 : 3;
  for (std::size_t i = 0; i < n; ++i) {
    pairs.push_back(measure_pair(bench, i));
    last = bench.said(pairs.back().over);
  }
  std::sort(pairs.begin(), pairs.end(),
            [](auto& a, auto& b) { return a.served() < b.served(); });
  const auto& middle = pairs[n / 2];
  row r;
  r.measure = "overload: share of the peak served at twice its load";
  r.unit = "%";
  r.value = 100 * middle.served();
  r.goal = goal_kind::at_least;
  r.limit = 90;
  r.profile = scene::how_to_profile("overload");
  char text[160];
  std::snprintf(text, sizeof text,
                "%.0f of %.0f trips/s; %.0f to %.0f %% in %zu pairs; last: ",
                middle.over.per_s, middle.peak.per_s,
                100 * pairs.front().served(), 100 * pairs.back().served(), n);
  r.note = text + last;
  to(r);
  tell_rest(to, middle.over.load);
}

} // namespace hansom::bench
