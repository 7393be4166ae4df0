#include "protocol/geo.hpp"

#include "protocol/earth.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace hansom {

namespace {

constexpr double radians_per_unit = std::numbers::pi / 180.0 / 1e7;
constexpr std::int64_t full_circle_e7 = 3'600'000'000;

/// Degrees to 1e-7 units. What does not fit (or is NaN) becomes a number that
/// `is_valid` refuses, instead of a plausible place.
std::int32_t to_e7(double degrees) noexcept {
  if (!(degrees >= -180.0 && degrees <= 180.0))
    return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::llround(degrees * 1e7));
}

/// The shorter way round between two longitudes.
std::int64_t lon_difference_e7(geo_point a, geo_point b) noexcept {
  auto d = std::int64_t{b.lon_e7} - a.lon_e7;
  if (d > full_circle_e7 / 2)
    d -= full_circle_e7;
  else if (d < -full_circle_e7 / 2)
    d += full_circle_e7;
  return d;
}

} // namespace

double distance_m(geo_point a, geo_point b) noexcept {
  auto lat_a = a.lat_e7 * radians_per_unit;
  auto lat_b = b.lat_e7 * radians_per_unit;
  auto half_lat = std::sin((lat_b - lat_a) / 2);
  auto half_lon = std::sin(static_cast<double>(lon_difference_e7(a, b))
                           * radians_per_unit / 2);
  auto h = half_lat * half_lat
           + std::cos(lat_a) * std::cos(lat_b) * half_lon * half_lon;
  return 2 * earth_radius_m * std::asin(std::sqrt(h < 1 ? h : 1.0));
}

geo_point towards(geo_point from, geo_point to, double metres) noexcept {
  auto whole = distance_m(from, to);
  if (!(metres > 0))
    return from;
  if (metres >= whole)
    return to;
  auto part = metres / whole;
  auto lat =
    from.lat_e7 + std::llround(part * (std::int64_t{to.lat_e7} - from.lat_e7));
  auto lon =
    from.lon_e7
    + std::llround(part * static_cast<double>(lon_difference_e7(from, to)));
  if (lon > full_circle_e7 / 2)
    lon -= full_circle_e7;
  else if (lon < -full_circle_e7 / 2)
    lon += full_circle_e7;
  return {static_cast<std::int32_t>(lat), static_cast<std::int32_t>(lon)};
}

geo_point from_degrees(double lat, double lon) noexcept {
  return {to_e7(lat), to_e7(lon)};
}

} // namespace hansom
