#pragma once

/// What clients say and hear, as plain structs; the field names are the JSON
/// names. `protocol/asyncapi.yaml` publishes the same for the outside.

#include "protocol/errors.hpp"
#include "protocol/geo.hpp"
#include "protocol/ids.hpp"
#include "protocol/money.hpp"
#include "protocol/record.hpp"
#include "protocol/states.hpp"
#include "protocol/time.hpp"

#include <caf/optional.hpp>

#include <string>
#include <variant>
#include <vector>

namespace hansom {

// -- client to server, commands (each carries a client-made "id") -------------

struct resume_point {
  std::string session;
  std::uint64_t seq = 0; ///< Last push the client has processed.
};
HANSOM_RECORD(resume_point, session, seq)

/// The first frame. The token may come in the Authorization header instead.
struct hello {
  caf::optional<std::string> token;
  caf::optional<resume_point> resume;
  caf::optional<std::string> device; ///< One live session per device.
  /// The trip that the client believes it is on. When that is not so and the
  /// client took part in it, `trip` (and `receipt`) tell its end once more.
  caf::optional<trip_id> trip;
};
HANSOM_RECORD(hello, token, resume, device, trip)

/// Both ways; the client's carries the last seq it has processed.
struct heartbeat {
  caf::optional<std::uint64_t> seq;
};
HANSOM_RECORD(heartbeat, seq)

/// A new token for the same client, before the old one expires.
struct token_refresh {
  std::string token;
};
HANSOM_RECORD(token_refresh, token)

struct shift_start {
  std::vector<service_class> classes; ///< Empty means standard.
  caf::optional<std::string> vehicle; ///< Shown to riders, at most 64 bytes.
};
HANSOM_RECORD(shift_start, classes, vehicle)

struct shift_end {};
HANSOM_EMPTY_RECORD(shift_end)

struct offer_accept {
  trip_id trip;
};
HANSOM_RECORD(offer_accept, trip)

struct offer_decline {
  trip_id trip;
  caf::optional<std::string> reason;
};
HANSOM_RECORD(offer_decline, trip, reason)

struct trip_arrived {
  trip_id trip;
  /// Where he says it; needed while no position of his is known.
  caf::optional<geo_point> at = caf::none;
};
HANSOM_RECORD(trip_arrived, trip, at)

struct trip_start {
  trip_id trip;
};
HANSOM_RECORD(trip_start, trip)

struct trip_complete {
  trip_id trip;
};
HANSOM_RECORD(trip_complete, trip)

struct trip_cancel {
  trip_id trip;
  caf::optional<std::string> reason;
};
HANSOM_RECORD(trip_cancel, trip, reason)

struct trip_no_show {
  trip_id trip;
};
HANSOM_RECORD(trip_no_show, trip)

struct quote_ask {
  geo_point pickup;
  geo_point dropoff;
  caf::optional<service_class> service;
};
HANSOM_RECORD(quote_ask, pickup, dropoff, service)

struct trip_request {
  std::string quote; ///< The signed token from `quote`.
};
HANSOM_RECORD(trip_request, quote)

struct trip_rate {
  trip_id trip;
  std::uint8_t stars = 0; ///< 1 to 5.
  caf::optional<std::string> comment;
};
HANSOM_RECORD(trip_rate, trip, stars, comment)

struct nearby_ask {
  geo_point at;
};
HANSOM_RECORD(nearby_ask, at)

// -- client to server, telemetry (no "id", no answer unless refused) ----------

/// One position report; `position` carries one, or `points` with up to 50.
struct position_report {
  geo_point at;
  timestamp time;                ///< The client's clock.
  std::uint16_t accuracy_m = 0;  ///< 0 means unknown.
  std::uint16_t heading_deg = 0; ///< 0 to 359, clockwise from north.
  std::uint16_t speed_cm_s = 0;
};
HANSOM_RECORD(position_report, at, time, accuracy_m, heading_deg, speed_cm_s)

struct position {
  std::vector<position_report> points; ///< Oldest first.
};
HANSOM_RECORD(position, points)

using client_message =
  std::variant<hello, heartbeat, token_refresh, position, shift_start,
               shift_end, offer_accept, offer_decline, trip_arrived, trip_start,
               trip_complete, trip_cancel, trip_no_show, quote_ask,
               trip_request, trip_rate, nearby_ask>;

// -- server to client ---------------------------------------------------------

/// What driver and rider both see of a trip. `rev` never goes back.
struct trip_view {
  trip_id trip;
  std::uint32_t rev = 0;
  trip_phase phase = trip_phase::requested;
  service_class service = service_class::standard;
  geo_point pickup;
  geo_point dropoff;
  money fare; ///< Promised, later final.
  std::uint32_t surge_milli = 1000;
  rider_id rider;
  driver_id driver; ///< Zero until assigned.
  caf::optional<std::string> vehicle;
  std::uint32_t eta_s = 0; ///< To the pickup, when assigned.
  bool queued = false;     ///< Driver finishes another trip first.
  caf::optional<cause> ended_by;
  caf::optional<std::string> reason;
  timestamp requested_at;
  timestamp changed_at;
};
HANSOM_RECORD(trip_view, trip, rev, phase, service, pickup, dropoff, fare,
              surge_milli, rider, driver, vehicle, eta_s, queued, ended_by,
              reason, requested_at, changed_at)

/// An offer as the driver sees it.
struct offer_view {
  trip_id trip;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  money fare;
  std::uint32_t eta_s = 0;
  std::uint32_t distance_m = 0; ///< Driver to pickup, estimated.
  timestamp expires_at;
  bool queued = false; ///< To be served after the present trip.
};
HANSOM_RECORD(offer_view, trip, pickup, dropoff, service, fare, eta_s,
              distance_m, expires_at, queued)

/// The full truth for one driver.
struct driver_view {
  driver_id driver;
  driver_phase phase = driver_phase::non_operational;
  bool ends_after_trip = false;
  caf::optional<offer_view> offer;
  std::vector<trip_view> trips; ///< At most two: present and queued.
};
HANSOM_RECORD(driver_view, driver, phase, ends_after_trip, offer, trips)

/// The full truth for one rider.
struct rider_view {
  rider_id rider;
  caf::optional<trip_view> trip;
};
HANSOM_RECORD(rider_view, rider, trip)

struct quote_view {
  std::string quote; ///< Signed token, to be sent back in `trip.request`.
  money fare;
  std::uint32_t surge_milli = 1000;
  std::uint32_t distance_m = 0;
  std::uint32_t duration_s = 0;
  timestamp expires_at;
};
HANSOM_RECORD(quote_view, quote, fare, surge_milli, distance_m, duration_s,
              expires_at)

struct nearby_driver {
  geo_point at; ///< Coarsened to about 100 m; no identity.
  std::uint32_t eta_s = 0;
};
HANSOM_RECORD(nearby_driver, at, eta_s)

struct nearby_view {
  std::vector<nearby_driver> drivers;
};
HANSOM_RECORD(nearby_view, drivers)

struct driver_position_view {
  trip_id trip;
  geo_point at;
  std::uint16_t heading_deg = 0;
  std::uint32_t eta_s = 0;
  timestamp time;
};
HANSOM_RECORD(driver_position_view, trip, at, heading_deg, eta_s, time)

struct offer_withdrawn_view {
  trip_id trip;
  offer_outcome outcome = offer_outcome::withdrawn;
};
HANSOM_RECORD(offer_withdrawn_view, trip, outcome)

struct receipt_view {
  trip_id trip;
  money fare;
  std::uint32_t distance_m = 0;
  std::uint32_t duration_s = 0;
  timestamp completed_at;
};
HANSOM_RECORD(receipt_view, trip, fare, distance_m, duration_s, completed_at)

} // namespace hansom
