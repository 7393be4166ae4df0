#pragma once

#include "protocol/record.hpp"

#include <compare>
#include <cstdint>

namespace hansom {

/// A WGS-84 position as it travels: units of 1e-7 degrees, about a centimetre.
/// Integers, because CAF 0.17 hangs on an infinite double and turns a NaN
/// into -1. In JSON: {"lat":40.7313100,"lon":-73.9885260}.
struct geo_point {
  std::int32_t lat_e7 = 0; ///< -900'000'000 ... 900'000'000.
  std::int32_t lon_e7 = 0; ///< -1'800'000'000 ... 1'800'000'000.

  friend auto operator<=>(const geo_point&, const geo_point&) = default;
};
HANSOM_RECORD(geo_point, lat_e7, lon_e7)

/// @returns whether both coordinates are within WGS-84's range.
constexpr bool is_valid(geo_point p) noexcept {
  return p.lat_e7 >= -900'000'000 && p.lat_e7 <= 900'000'000
         && p.lon_e7 >= -1'800'000'000 && p.lon_e7 <= 1'800'000'000;
}

/// Great-circle distance on the mean sphere (radius 6,371,008.8 m), haversine.
/// @returns metres.
double distance_m(geo_point a, geo_point b) noexcept;

/// Moves `from` towards `to` along the straight line.
/// @param metres not beyond `to`.
geo_point towards(geo_point from, geo_point to, double metres) noexcept;

/// @param lat,lon degrees; the result is rounded to the nearest 1e-7.
geo_point from_degrees(double lat, double lon) noexcept;

} // namespace hansom
