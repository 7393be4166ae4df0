#include "actors/trip/trip_figures.hpp"

#include <algorithm>

namespace hansom {

namespace {

std::uint64_t ms_between(timestamp from, timestamp to) {
  return static_cast<std::uint64_t>(
    std::max<std::int64_t>((to - from).count(), 0));
}

void count_end(ride_figures& to, const trip_record& x) {
  switch (x.phase) {
  case trip_phase::completed:
    ride_figures::raise(to.completed);
    ride_figures::raise(to.ridden_m, x.distance_m);
    if (x.started_at)
      to.ride_s.add(ms_between(x.started_at, x.ended_at) / 1000);
    return to.fares.add(x.fare);
  case trip_phase::cancelled: {
    auto by =
      static_cast<std::size_t>(x.ended_by ? *x.ended_by : cause::system);
    return ride_figures::raise(to.cancelled[std::min(by, cause_count - 1)]);
  }
  case trip_phase::expired:
    return ride_figures::raise(to.expired);
  default:
    return;
  }
}

} // namespace

void count_step(ride_figures& to, const trip_record& before,
                const trip_record& after) {
  if (before.rev == 0)
    ride_figures::raise(to.requested);
  if (before.fee.minor == 0 && after.fee.minor > 0)
    to.fees.add(after.fee);
  if (before.phase == after.phase)
    return;
  auto had = has_driver(before.phase);
  if (!had && has_driver(after.phase)) {
    ride_figures::raise(to.assigned);
    to.match_ms.add(ms_between(before.matching_since, after.assigned_at));
  } else if (had && !has_driver(after.phase) && !is_terminal(after.phase)) {
    ride_figures::raise(to.released);
  }
  if (after.phase == trip_phase::arrived)
    to.pickup_s.add(ms_between(after.assigned_at, after.arrived_at) / 1000);
  count_end(to, after);
}

} // namespace hansom
