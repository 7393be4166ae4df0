#pragma once

/// What is remembered, event by event. Names and fields are the JSON of the
/// journal: add fields at the end, never rename; old journals must still fold.

#include "protocol/client_messages.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace hansom {

// -- trip: every transition is one event, with who, why and when --------------

/// requested -> matching. The first event of every trip.
struct trip_requested {
  timestamp at;
  rider_id rider;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  quote_id quote;
  money fare; ///< What the quote promised.
  std::uint32_t surge_milli = 1000;
  std::uint32_t distance_m = 0; ///< Of the ride, estimated.
  std::uint32_t duration_s = 0; ///< Of the ride, estimated.
};
HANSOM_RECORD(trip_requested, at, rider, pickup, dropoff, service, quote, fare,
              surge_milli, distance_m, duration_s)

/// offered -> matching. The offer itself is not durable: it expires by timer.
/// This driver is not offered the trip again.
struct offer_closed {
  timestamp at;
  driver_id driver;
  timestamp offered_at;
  offer_outcome outcome = offer_outcome::declined;
};
HANSOM_RECORD(offer_closed, at, driver, offered_at, outcome)

/// offered -> assigned, with the driver's claim in the same commit.
struct trip_assigned {
  timestamp at;
  driver_id driver;
  timestamp offered_at;
  std::uint32_t eta_s = 0;
  bool queued = false; ///< Forward dispatch: claims the driver's second slot.
  caf::optional<std::string> vehicle;
};
HANSOM_RECORD(trip_assigned, at, driver, offered_at, eta_s, queued, vehicle)

/// The driver's earlier trip is over; the claim moves to the first slot.
struct trip_promoted {
  timestamp at;
};
HANSOM_RECORD(trip_promoted, at)

/// assigned | arrived -> matching: re-dispatch, same trip, same price.
struct driver_released {
  timestamp at;
  driver_id driver;
  cause by = cause::system;
  std::string reason; ///< driver_cancelled, stalled, silent, shift_lost.
};
HANSOM_RECORD(driver_released, at, driver, by, reason)

/// assigned -> arrived.
struct driver_arrived {
  timestamp at;
};
HANSOM_RECORD(driver_arrived, at)

/// arrived -> on_trip.
struct trip_started {
  timestamp at;
};
HANSOM_RECORD(trip_started, at)

/// on_trip -> completed; by operations also arrived -> completed, when the
/// driver never said that the ride began.
struct trip_completed {
  timestamp at;
  money fare;
  std::uint32_t distance_m = 0; ///< Driven, from accepted positions.
  std::uint32_t duration_s = 0;
  cause by = cause::driver;
  caf::optional<std::string> reason = caf::none; ///< Of operations.
  /// Who of operations it was.
  caf::optional<std::string> operator_name = caf::none;
};
HANSOM_RECORD(trip_completed, at, fare, distance_m, duration_s, by, reason,
              operator_name)

/// -> cancelled.
struct trip_cancelled {
  timestamp at;
  cause by = cause::rider;
  std::string reason; ///< rider_cancelled, no_show, abandoned, ...
  money fee;          ///< Zero when cancellation was free or waived.
  /// Who of operations it was.
  caf::optional<std::string> operator_name = caf::none;
};
HANSOM_RECORD(trip_cancelled, at, by, reason, fee, operator_name)

/// matching -> expired.
struct trip_expired {
  timestamp at;
  std::string reason; ///< no_driver.
};
HANSOM_RECORD(trip_expired, at, reason)

/// After the end; no transition.
struct trip_rated {
  timestamp at;
  cause by = cause::rider;
  std::uint8_t stars = 0;
  caf::optional<std::string> comment;
};
HANSOM_RECORD(trip_rated, at, by, stars, comment)

using trip_event =
  std::variant<trip_requested, offer_closed, trip_assigned, trip_promoted,
               driver_released, driver_arrived, trip_started, trip_completed,
               trip_cancelled, trip_expired, trip_rated>;

// -- driver -------------------------------------------------------------------

struct shift_started {
  timestamp at;
  std::vector<service_class> classes;
  caf::optional<std::string> vehicle;
};
HANSOM_RECORD(shift_started, at, classes, vehicle)

/// The driver asked to stop; with a trip, the shift ends after it.
struct shift_end_asked {
  timestamp at;
};
HANSOM_RECORD(shift_end_asked, at)

struct shift_ended {
  timestamp at;
  cause by = cause::driver;
};
HANSOM_RECORD(shift_ended, at, by)

using driver_event = std::variant<shift_started, shift_end_asked, shift_ended>;

// -- cell ---------------------------------------------------------------------

/// A change of price, with the inputs that led to it.
struct surge_changed {
  timestamp at;
  std::uint32_t from_milli = 1000;
  std::uint32_t to_milli = 1000;
  std::uint32_t demand_milli = 0; ///< Smoothed requests per window, x 1000.
  std::uint32_t supply_milli = 0; ///< Smoothed free drivers, x 1000.
  std::uint32_t ratio_milli = 0;  ///< After smoothing in time and space.
};
HANSOM_RECORD(surge_changed, at, from_milli, to_milli, demand_milli,
              supply_milli, ratio_milli)

using cell_event = std::variant<surge_changed>;

/// @returns the stored name of the event kind: "trip_assigned".
std::string_view event_name(const trip_event& x) noexcept;
std::string_view event_name(const driver_event& x) noexcept;
std::string_view event_name(const cell_event& x) noexcept;

/// @returns the event as the JSON that is stored.
std::string encode_event(const trip_event& x);
std::string encode_event(const driver_event& x);
std::string encode_event(const cell_event& x);

/// Reads a stored event back.
/// @returns `false` when name or payload is unknown; `why` then says what.
bool decode_event(std::string_view name, std::string_view payload,
                  trip_event& out, std::string& why);
bool decode_event(std::string_view name, std::string_view payload,
                  driver_event& out, std::string& why);
bool decode_event(std::string_view name, std::string_view payload,
                  cell_event& out, std::string& why);

} // namespace hansom
