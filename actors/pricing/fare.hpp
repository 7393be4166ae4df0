#pragma once

#include "protocol/money.hpp"
#include "protocol/states.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace hansom {

/// What a ride costs; amounts in minor units of `unit`.
struct tariff {
  currency unit;
  std::int64_t base = 250;
  std::int64_t per_km = 110;
  std::int64_t per_minute = 35;
  std::int64_t booking_fee = 150; ///< Not multiplied by surge or class.
  std::int64_t minimum = 700;     ///< Of the whole fare, fee included.
  std::int64_t cancel_fee = 500;  ///< Rider cancels late.
  std::int64_t no_show_fee = 500; ///< Rider did not come.
  /// Thousandths, by `service_class`.
  std::array<std::uint32_t, service_class_count> class_milli = {1000, 1300,
                                                                1600, 1000};
};

/// @returns an empty text when the tariff is usable, else what is wrong.
std::string check(const tariff& x);

/// Fares end here, whatever the inputs: 10^12 minor units.
inline constexpr std::int64_t fare_max = 1'000'000'000'000;

/// max(minimum, (base + per km + per minute) x class x surge + booking fee).
/// Computed exactly and rounded once, at the end, to the nearest minor unit,
/// halves up. Never negative, never below the minimum, never falls when
/// distance, duration or surge grows.
money fare(const tariff& t, std::uint32_t distance_m, std::uint32_t duration_s,
           std::uint32_t surge_milli, service_class service) noexcept;

/// What a rider pays for cancelling.
/// @param since_assigned zero or less while no driver is bound.
/// @returns zero within `free_for` and when the driver was not progressing;
///          else the tariff's fee, never more than the promised fare.
money cancellation_fee(const tariff& t, money promised,
                       milliseconds since_assigned, milliseconds free_for,
                       bool driver_progressing) noexcept;

/// What a rider pays who did not come: never more than the promised fare.
money no_show_fee(const tariff& t, money promised) noexcept;

} // namespace hansom
