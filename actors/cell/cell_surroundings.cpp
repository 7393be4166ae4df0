#include "actors/cell/cell_surroundings.hpp"

#include "protocol/earth.hpp"

#include <cmath>
#include <numbers>

namespace hansom {

namespace {

constexpr double metres_per_e7 = earth_radius_m * std::numbers::pi / 180 * 1e-7;

/// @returns how far `x` lies outside of [low, high].
double outside(double x, double low, double high) {
  return std::max({low - x, x - high, 0.0});
}

} // namespace

cell_surroundings::cell_surroundings(cell_id middle, std::uint32_t radius_m) {
  auto at = centre(middle);
  metres_per_lat_ = metres_per_e7;
  metres_per_lon_ =
    metres_per_e7 * std::cos(at.lat_e7 * 1e-7 * std::numbers::pi / 180);
  std::uint32_t half = 0;
  for (auto corner : vertices(middle))
    half = std::max(half, static_cast<std::uint32_t>(distance_m(at, corner)));
  for (auto x : covering(at, radius_m + half, level_of(middle), cells_max))
    if (x != middle)
      cells_.push_back({x, bounding_box(x)});
}

double cell_surroundings::distance_to(const geo_box& box,
                                      geo_point at) const noexcept {
  auto dy = outside(at.lat_e7, box.south_west.lat_e7, box.north_east.lat_e7)
            * metres_per_lat_;
  auto dx = outside(at.lon_e7, box.south_west.lon_e7, box.north_east.lon_e7)
            * metres_per_lon_;
  return std::hypot(dx, dy);
}

} // namespace hansom
