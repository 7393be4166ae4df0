#pragma once

#include "actors/cell/assignment.hpp"
#include "actors/cell/eta.hpp"
#include "protocol/geo.hpp"
#include "protocol/ids.hpp"
#include "protocol/record.hpp"
#include "protocol/states.hpp"
#include "protocol/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// One bit per `service_class`.
using class_mask = std::uint8_t;

constexpr class_mask mask_of(service_class x) noexcept {
  return static_cast<class_mask>(1u << static_cast<unsigned>(x));
}
/// @returns the classes as bits; `standard` when the list is empty.
class_mask mask_of(const std::vector<service_class>& xs) noexcept;

/// A waiting request as matching sees it.
struct match_request {
  trip_id trip;
  geo_point pickup;
  service_class service = service_class::standard;
  timestamp waiting_since;
  std::vector<driver_id> closed; ///< Not offered to these again.
};
HANSOM_RECORD(match_request, trip, pickup, service, waiting_since, closed)

/// A driver as matching sees him.
struct match_driver {
  driver_id driver;
  geo_point at;         ///< Now, or his drop-off when he is soon free.
  timestamp seen_at;    ///< Time of the last accepted position.
  timestamp idle_since; ///< 0 for a driver who is still on a trip.
  class_mask classes = 1;
  std::uint32_t free_in_s = 0; ///< Rest of his trip; 0 when free now.
  bool free = true;   ///< May be offered: free, or soon free with no queue.
  bool taken = false; ///< Holds an offer, or promised to another this round.
};
HANSOM_RECORD(match_driver, driver, at, seen_at, idle_since, classes, free_in_s,
              free, taken)

/// Why a driver is out of the question for a request.
enum class gate : std::uint8_t {
  none,
  declined_before, ///< Declined, let time out or cancelled this very trip.
  stale_position,
  wrong_class,
  too_far,
  taken,    ///< Holds another offer.
  not_free, ///< On a trip that does not end soon, off shift, or lost.
};
inline constexpr std::size_t gate_count = 7;

std::string to_string(gate x);
bool parse(std::string_view text, gate& out) noexcept;

/// Weights of the terms. A thousandth weight of 1000 means that one second of
/// the term counts as one second of pickup.
struct match_cost_config {
  std::uint32_t waiting_weight_milli = 300; ///< Credit for time waited.
  /// Beyond this wait a request goes before any that has not reached it.
  milliseconds starvation_after{90'000};
  std::uint32_t idle_weight_milli = 20; ///< Credit for idle drivers.
  milliseconds idle_cap{1'200'000};     ///< Idle time beyond counts no more.
  /// Per class that the driver could serve besides the one asked for: keeps
  /// the rare vehicles for those who need them.
  std::uint32_t class_spare_s = 20;
  /// For a driver who must finish a trip first, on top of the rest of it.
  std::uint32_t soon_free_s = 15;
};

/// Distance and age limits of the gates.
struct gate_config {
  std::uint32_t max_pickup_radius_m = 4000; ///< Straight line.
  std::uint32_t max_pickup_s = 720;         ///< ETA with the rest of a trip.
  milliseconds position_max_age{30'000};
  std::uint32_t forward_max_s = 240; ///< Soon free means within this.
};

/// What a pairing costs, and the estimates behind it.
struct match_price {
  std::int64_t cost = 0;        ///< For `candidate::cost`.
  std::uint32_t eta_s = 0;      ///< To the pickup, the rest of a trip included.
  std::uint32_t distance_m = 0; ///< Driven, from `at` to the pickup.
};

/// @returns the cost of sending `driver` to `request`, in units of one
///          millisecond of pickup: pickup + rest of trip + penalties - credits.
///          A starved request costs less by more than any difference of the
///          other terms, and among starved ones the elder costs less.
match_price price_of(const match_request& request, const match_driver& driver,
                     const eta_model& eta, timestamp now,
                     const match_cost_config& config);

/// @returns the first gate that removes the driver, cheapest test first; `none`
///          when he is a candidate. `max_pickup_s` is not looked at here, see
///          `check_eta`.
gate check_gates(const match_request& request, const match_driver& driver,
                 timestamp now, const gate_config& config) noexcept;

/// The gate that needs the estimate.
inline gate check_eta(const match_price& price,
                      const gate_config& config) noexcept {
  return price.eta_s > config.max_pickup_s ? gate::too_far : gate::none;
}

} // namespace hansom
