#include "protocol/states.hpp"

#include <array>

namespace hansom {

namespace {

// -- names --------------------------------------------------------------------

template <class Enum>
constexpr std::array<std::string_view, 0> names{};

template <>
constexpr std::array<std::string_view, trip_phase_count> names<trip_phase> = {
  "requested", "matching",  "offered",   "assigned", "arrived",
  "on_trip",   "completed", "cancelled", "expired"};

template <>
constexpr std::array<std::string_view, cause_count> names<cause> = {
  "rider", "driver", "system", "operations"};

template <>
constexpr std::array<std::string_view, driver_phase_count> names<driver_phase> =
  {"non_operational", "available", "reserved",
   "stopped",         "on_trip",   "non_contactable"};

template <>
constexpr std::array<std::string_view, service_class_count>
  names<service_class> = {"standard", "comfort", "xl", "accessible"};

template <>
constexpr std::array<std::string_view, 5> names<offer_outcome> = {
  "accepted", "declined", "timed_out", "withdrawn", "driver_lost"};

template <class Enum>
constexpr bool all_named() {
  for (auto name : names<Enum>)
    if (name.empty())
      return false;
  return !names<Enum>.empty();
}

static_assert(all_named<trip_phase>() && all_named<cause>()
              && all_named<driver_phase>() && all_named<service_class>()
              && all_named<offer_outcome>());

/// A value outside the enum can only come from a damaged message; it prints as
/// a number rather than as a wrong name.
template <class Enum>
std::string name_of(Enum x) {
  auto index = static_cast<std::size_t>(x);
  if (index >= names<Enum>.size())
    return "?" + std::to_string(index);
  return std::string{names<Enum>[index]};
}

template <class Enum>
bool find_name(std::string_view text, Enum& out) noexcept {
  for (std::size_t i = 0; i < names<Enum>.size(); ++i)
    if (names<Enum>[i] == text) {
      out = static_cast<Enum>(i);
      return true;
    }
  return false;
}

// -- the trip table -----------------------------------------------------------

constexpr std::uint8_t bit(cause x) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(x));
}

constexpr auto rider = bit(cause::rider);
constexpr auto driver = bit(cause::driver);
constexpr auto dispatch = bit(cause::system);
constexpr auto operations = bit(cause::operations);

struct trip_move {
  trip_phase from;
  trip_phase to;
  std::uint8_t by; ///< One bit per cause that may do it.
};

using tp = trip_phase;

constexpr trip_move trip_moves[] = {
  {tp::requested, tp::matching, dispatch}, // Durable now.
  {tp::requested, tp::cancelled, rider | dispatch | operations},
  {tp::matching, tp::offered, dispatch},
  {tp::matching, tp::expired, dispatch},
  {tp::matching, tp::cancelled, rider | dispatch | operations},
  {tp::offered, tp::matching, driver | dispatch}, // Declined; timed out, lost.
  {tp::offered, tp::assigned, driver},
  {tp::offered, tp::expired, dispatch},
  {tp::offered, tp::cancelled, rider | dispatch | operations},
  {tp::assigned, tp::matching, driver | dispatch | operations}, // Re-dispatch.
  {tp::assigned, tp::arrived, driver},
  {tp::assigned, tp::cancelled, rider | driver | dispatch | operations},
  {tp::arrived, tp::matching, driver | dispatch | operations}, // Re-dispatch.
  {tp::arrived, tp::on_trip, driver},
  // The ride took place, but its driver never came back to say so.
  {tp::arrived, tp::completed, operations},
  {tp::arrived, tp::cancelled, rider | driver | dispatch | operations},
  {tp::on_trip, tp::completed, driver | operations},
  // Not the rider: once under way he gets out, and the driver says so.
  {tp::on_trip, tp::cancelled, driver | dispatch | operations},
};

using trip_table =
  std::array<std::array<std::uint8_t, trip_phase_count>, trip_phase_count>;

constexpr trip_table make_trip_table() {
  trip_table out{};
  for (const auto& move : trip_moves)
    out[static_cast<std::size_t>(move.from)]
       [static_cast<std::size_t>(move.to)] = move.by;
  return out;
}

constexpr trip_table trips = make_trip_table();

// -- the driver table ---------------------------------------------------------

struct driver_move {
  driver_phase from;
  driver_phase to;
};

using dp = driver_phase;

constexpr driver_move driver_moves[] = {
  {dp::non_operational, dp::available}, // Shift starts.
  {dp::available, dp::reserved},        // Offer.
  {dp::available, dp::non_operational}, // Shift ends.
  {dp::available, dp::non_contactable},
  {dp::reserved, dp::available}, // Offer or trip gone.
  {dp::reserved, dp::stopped},   // At the pickup.
  {dp::reserved, dp::non_operational},
  {dp::reserved, dp::non_contactable},
  {dp::stopped, dp::on_trip},
  {dp::stopped, dp::available}, // Cancelled or no-show.
  {dp::stopped, dp::reserved},  // The same, with another trip queued.
  {dp::stopped, dp::non_operational},
  {dp::stopped, dp::non_contactable},
  {dp::on_trip, dp::available},
  {dp::on_trip, dp::reserved},        // Drives on to the queued trip.
  {dp::on_trip, dp::non_operational}, // The shift ended with the trip.
  {dp::on_trip, dp::non_contactable},
  {dp::non_contactable, dp::available}, // Back, as things stand now.
  {dp::non_contactable, dp::reserved},
  {dp::non_contactable, dp::stopped},
  {dp::non_contactable, dp::on_trip},
  {dp::non_contactable, dp::non_operational},
};

using driver_table =
  std::array<std::array<bool, driver_phase_count>, driver_phase_count>;

constexpr driver_table make_driver_table() {
  driver_table out{};
  for (const auto& move : driver_moves)
    out[static_cast<std::size_t>(move.from)]
       [static_cast<std::size_t>(move.to)] = true;
  return out;
}

constexpr driver_table drivers = make_driver_table();

} // namespace

std::string to_string(trip_phase x) {
  return name_of(x);
}

std::string to_string(cause x) {
  return name_of(x);
}

std::string to_string(driver_phase x) {
  return name_of(x);
}

std::string to_string(service_class x) {
  return name_of(x);
}

std::string to_string(offer_outcome x) {
  return name_of(x);
}

bool parse(std::string_view text, trip_phase& out) noexcept {
  return find_name(text, out);
}

bool parse(std::string_view text, cause& out) noexcept {
  return find_name(text, out);
}

bool parse(std::string_view text, driver_phase& out) noexcept {
  return find_name(text, out);
}

bool parse(std::string_view text, service_class& out) noexcept {
  return find_name(text, out);
}

bool parse(std::string_view text, offer_outcome& out) noexcept {
  return find_name(text, out);
}

bool may_move(trip_phase from, trip_phase to, cause by) noexcept {
  auto i = static_cast<std::size_t>(from);
  auto j = static_cast<std::size_t>(to);
  if (i >= trip_phase_count || j >= trip_phase_count
      || static_cast<std::size_t>(by) >= cause_count)
    return false;
  return (trips[i][j] & bit(by)) != 0;
}

bool may_move(driver_phase from, driver_phase to) noexcept {
  auto i = static_cast<std::size_t>(from);
  auto j = static_cast<std::size_t>(to);
  return i < driver_phase_count && j < driver_phase_count && drivers[i][j];
}

} // namespace hansom
