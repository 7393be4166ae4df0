#pragma once

#include "actors/runtime/ride_figures.hpp"
#include "actors/trip/trip_record.hpp"

namespace hansom {

/// Counts a durable step of a trip, from the records before and after it.
void count_step(ride_figures& to, const trip_record& before,
                const trip_record& after);

} // namespace hansom
