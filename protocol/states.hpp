#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hansom {

/// Where a trip is. `requested` lasts until the request is durable; `offered`
/// is `matching` with a live offer out. After `cancelled`, `expired` and
/// `completed` nothing follows.
enum class trip_phase : std::uint8_t {
  requested,
  matching,
  offered,
  assigned,
  arrived,
  on_trip,
  completed,
  cancelled,
  expired,
};
inline constexpr std::size_t trip_phase_count = 9;

/// Who causes a transition.
enum class cause : std::uint8_t { rider, driver, system, operations };
inline constexpr std::size_t cause_count = 4;

/// Driver states, named after MDS 2.0 vehicle states (passenger services).
enum class driver_phase : std::uint8_t {
  non_operational, ///< Off shift.
  available,       ///< Free for an offer.
  reserved,        ///< Holds an offer or drives to a pickup.
  stopped,         ///< Waits at the pickup.
  on_trip,
  non_contactable, ///< On shift, connection lost longer than the grace time.
};
inline constexpr std::size_t driver_phase_count = 6;

/// What a rider ordered and a driver's vehicle can serve.
enum class service_class : std::uint8_t { standard, comfort, xl, accessible };
inline constexpr std::size_t service_class_count = 4;

/// Why an offer ended without an assignment.
enum class offer_outcome : std::uint8_t {
  accepted,
  declined,
  timed_out,
  withdrawn,   ///< The trip was cancelled or went to somebody else.
  driver_lost, ///< The driver went offline while holding it.
};

std::string to_string(trip_phase x);
std::string to_string(cause x);
std::string to_string(driver_phase x);
std::string to_string(service_class x);
std::string to_string(offer_outcome x);

bool parse(std::string_view text, trip_phase& out) noexcept;
bool parse(std::string_view text, cause& out) noexcept;
bool parse(std::string_view text, driver_phase& out) noexcept;
bool parse(std::string_view text, service_class& out) noexcept;
bool parse(std::string_view text, offer_outcome& out) noexcept;

/// The one table of trip transitions.
/// @returns whether `by` may move a trip from `from` to `to`.
bool may_move(trip_phase from, trip_phase to, cause by) noexcept;

/// The one table of driver transitions.
bool may_move(driver_phase from, driver_phase to) noexcept;

/// @returns whether nothing follows.
constexpr bool is_terminal(trip_phase x) noexcept {
  return x == trip_phase::completed || x == trip_phase::cancelled
         || x == trip_phase::expired;
}

/// @returns whether a driver is bound to the trip in this phase.
constexpr bool has_driver(trip_phase x) noexcept {
  return x == trip_phase::assigned || x == trip_phase::arrived
         || x == trip_phase::on_trip;
}

} // namespace hansom
