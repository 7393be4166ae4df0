#pragma once

#include "actors/dispatch_config.hpp"
#include "actors/trip/trip_rules.hpp"
#include "persistence/store.hpp"

#include <vector>

/// What a step of a trip means for the store: a comparison of the record
/// before and after, so that no event can forget a claim or a transfer.
namespace hansom {

/// @returns the claims that a trip in this state holds, sorted.
std::vector<store::claim> claims_of(const trip_record& x);

/// @returns the money that moves, with keys that make it move once.
std::vector<store::transfer> transfers_of(const trip_record& before,
                                          const trip_record& after,
                                          const dispatch_config& config);

/// @returns the step as the store takes it: events, state, claims, transfers.
store::write to_write(const trip_record& before, const trip_record& after,
                      const std::vector<trip_event>& events,
                      const dispatch_config& config);

/// @returns whether others wait for these events or money moves by them: all
///          but ratings.
bool is_urgent(const std::vector<trip_event>& events);

/// @returns whether the trip looks for a driver.
constexpr bool is_waiting(trip_phase x) noexcept {
  return x == trip_phase::matching || x == trip_phase::offered;
}

} // namespace hansom
