#include "bench/fleet/fleet_stats.hpp"

#include <algorithm>

namespace hansom::fleet {

void fleet_stats::merge(const fleet_stats& x) {
  for (auto field : {&fleet_stats::wishes,     &fleet_stats::gave_up,
                     &fleet_stats::late,       &fleet_stats::waited,
                     &fleet_stats::commands,   &fleet_stats::repeated,
                     &fleet_stats::positions,  &fleet_stats::offers,
                     &fleet_stats::accepted,   &fleet_stats::declined,
                     &fleet_stats::ignored,    &fleet_stats::connects,
                     &fleet_stats::reconnects, &fleet_stats::resumes,
                     &fleet_stats::resyncs,    &fleet_stats::pushes,
                     &fleet_stats::online,     &fleet_stats::frames_in,
                     &fleet_stats::frames_out, &fleet_stats::expected_jumps,
                     &fleet_stats::dropped_off})
    this->*field += x.*field;
  storm_ms = std::max(storm_ms, x.storm_ms);
  for (const auto& [code, n] : x.errors)
    errors[code] += n;
  for (const auto& [code, n] : x.closes)
    closes[code] += n;
  for (const auto& [name, n] : x.broken)
    broken[name] += n;
  ack_us.merge(x.ack_us);
  for (const auto& v : x.violations)
    if (violations.size() < violations_kept)
      violations.push_back(v);
}

void fleet_stats::report(violation x) {
  ++broken[x.invariant];
  if (violations.size() < violations_kept)
    violations.push_back(std::move(x));
}

std::uint64_t fleet_stats::broken_count() const {
  std::uint64_t out = 0;
  for (const auto& [name, n] : broken)
    out += n;
  return out;
}

} // namespace hansom::fleet
