#pragma once

#include "bench/fleet/fleet_stats.hpp"
#include "bench/fleet/trip_ledger.hpp"

#include <iosfwd>
#include <string>

namespace hansom::fleet {

struct fleet_options;

/// What a run was and how it came out.
struct fleet_report {
  const fleet_options* options = nullptr;
  std::string run; ///< Begins the run's command ids.
  fleet_stats stats;
  outcomes trips;
  double seconds = 0;       ///< Real, of demand and drain.
  bool interrupted = false; ///< Stopped by hand: open trips are no violation.
};

/// For people: the seed first, the verdict last.
void write_text(std::ostream& out, const fleet_report& x);

/// The same as one JSON object.
std::string to_json(const fleet_report& x);

} // namespace hansom::fleet
