#pragma once

#include "protocol/client_messages.hpp"
#include "protocol/journal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// Everything that a trip knows and must not forget; stored as JSON with each
/// commit, and equal to the fold of the trip's journal.
struct trip_record {
  trip_id trip;
  std::uint32_t rev = 0; ///< Journal seq of the last event; 0 before any.
  trip_phase phase = trip_phase::requested;
  rider_id rider;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  quote_id quote;
  money fare; ///< Promised; final once completed.
  std::uint32_t surge_milli = 1000;
  std::uint32_t distance_m = 0; ///< Estimated; driven once completed.
  std::uint32_t duration_s = 0;
  driver_id driver; ///< Zero while nobody is bound.
  caf::optional<std::string> vehicle;
  bool queued = false; ///< The driver finishes another trip first.
  std::uint32_t eta_s = 0;
  /// Who is not offered this trip again, oldest first, without repetition.
  std::vector<driver_id> closed_offers;
  timestamp requested_at;
  timestamp matching_since; ///< Of this search: anew by re-dispatch.
  timestamp assigned_at;
  timestamp arrived_at;
  timestamp started_at;
  timestamp ended_at;
  timestamp changed_at;          ///< Of the last event.
  caf::optional<cause> ended_by; ///< Not when the driver completed it.
  caf::optional<std::string> reason;
  money fee;                       ///< For cancelling or not coming.
  std::uint8_t stars_by_rider = 0; ///< 0 is not rated.
  std::uint8_t stars_by_driver = 0;
};
HANSOM_RECORD(trip_record, trip, rev, phase, rider, pickup, dropoff, service,
              quote, fare, surge_milli, distance_m, duration_s, driver, vehicle,
              queued, eta_s, closed_offers, requested_at, matching_since,
              assigned_at, arrived_at, started_at, ended_at, changed_at,
              ended_by, reason, fee, stars_by_rider, stars_by_driver)

/// At most so many drivers are remembered as closed; the oldest go first.
inline constexpr std::size_t closed_offers_max = 256;

/// @returns who causes the event, for `may_move`.
cause cause_of(const trip_event& x) noexcept;

/// Takes one event in: the fold. Offers are not journalled, so a trip whose
/// record says `matching` takes an acceptance or a closed offer as if it were
/// `offered`.
/// @returns `false`, leaving the record alone, when the event is illegal now.
/// By value, because `std::apply`, which the compiler also finds for a variant,
/// would fit a reference better.
bool apply(trip_record& x, trip_event event);

/// Marks a live offer, which is no event: `matching` becomes `offered`.
/// @returns `false` when the trip is not matching.
bool mark_offered(trip_record& x) noexcept;
/// The opposite, for an offer that ends without an event (a restart).
bool unmark_offered(trip_record& x) noexcept;

/// @returns what clients see.
trip_view view_of(const trip_record& x);

/// @returns the bill of a completed trip.
receipt_view receipt_of(const trip_record& x);

/// @returns the record as the JSON that is stored.
std::string encode(const trip_record& x);

/// @returns `false` when the text is no such record; `why` then says what.
bool decode(std::string_view text, trip_record& out, std::string& why);

} // namespace hansom
