#include "actors/dispatch_config.hpp"

#include <string>

namespace hansom {

namespace {

std::string check_times(const dispatch_config& x) {
  struct setting {
    const char* name;
    milliseconds value;
  };
  for (auto s : {setting{"quote_ttl", x.quote_ttl},
                 setting{"offer_timeout", x.offer_timeout},
                 setting{"match_timeout", x.match_timeout},
                 setting{"driver_silent", x.driver_silent},
                 setting{"stall_after", x.stall_after},
                 setting{"position_max_age", x.gates.position_max_age},
                 setting{"starvation_after", x.cost.starvation_after},
                 setting{"cell_idle", x.cell_idle}})
    if (s.value.count() < 100 || s.value.count() > 86'400'000)
      return std::string{s.name} + ": 100ms to 24h, found "
             + std::to_string(s.value.count()) + "ms";
  for (auto s : {setting{"pickup_wait", x.pickup_wait},
                 setting{"free_cancel", x.free_cancel},
                 setting{"connection_grace", x.connection_grace},
                 setting{"forward_within", x.forward_within},
                 setting{"match_window", x.window.longest}})
    if (s.value.count() < 0 || s.value.count() > 86'400'000)
      return std::string{s.name} + ": 0 to 24h, found "
             + std::to_string(s.value.count()) + "ms";
  if (x.trip_abandoned.count() < 60'000
      || x.trip_abandoned.count() > 604'800'000)
    return "trip_abandoned: 1min to 7 days, found "
           + std::to_string(x.trip_abandoned.count()) + "ms";
  if (x.match_timeout < x.offer_timeout)
    return "match_timeout: not shorter than offer_timeout";
  return {};
}

std::string check_matching(const dispatch_config& x) {
  if (x.cell_level < 10 || x.cell_level > 16)
    return "cell_level: 10 to 16, found " + std::to_string(x.cell_level);
  if (x.index_bucket_m < 10 || x.index_bucket_m > 10'000)
    return "index_bucket_m: 10 to 10000 metres";
  if (x.candidates_k == 0 || x.candidates_k > 1000)
    return "candidates: 1 to 1000";
  if (x.cover_cells_max == 0 || x.cover_cells_max > 1000)
    return "cover_cells_max: 1 to 1000";
  if (x.batch_max == 0 || x.batch_max > assignment_size_max)
    return "batch_max: 1 to " + std::to_string(assignment_size_max);
  if (x.gates.max_pickup_radius_m == 0 || x.gates.max_pickup_radius_m > 100'000)
    return "max_pickup_radius_m: 1 to 100000 metres";
  if (x.window.scarce_at_milli >= x.window.immediate_at_milli)
    return "match_window: scarce_at must be below immediate_at";
  for (auto speed : x.eta.speed_cm_s)
    if (speed < 10 || speed > 10'000)
      return "eta.speed: 0.1 to 100 metres per second for each hour";
  if (x.eta.detour_milli < 1000 || x.eta.detour_milli > 10'000)
    return "eta.detour: 1 to 10";
  return {};
}

} // namespace

std::string check(const dispatch_config& x) {
  for (auto what :
       {check_times(x), check_matching(x), check(x.fares), check(x.surge)})
    if (!what.empty())
      return what;
  return {};
}

} // namespace hansom
