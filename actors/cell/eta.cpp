#include "actors/cell/eta.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hansom {

straight_line_eta::straight_line_eta(const eta_config& config)
  : config_{config} {
}

std::uint32_t straight_line_eta::distance(geo_point from, geo_point to) const {
  auto metres = distance_m(from, to) * config_.detour_milli / 1000.0;
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(
    std::min(std::ceil(metres), static_cast<double>(most)));
}

std::uint32_t straight_line_eta::seconds(geo_point from, geo_point to,
                                         timestamp at) const {
  constexpr std::int64_t day_s = 86'400;
  auto local = (at.ms / 1000 + config_.utc_offset_s) % day_s;
  if (local < 0)
    local += day_s;
  auto speed = config_.speed_cm_s[static_cast<std::size_t>(local / 3600)];
  speed = std::max<std::uint32_t>(speed, 1);
  auto cm = std::uint64_t{distance(from, to)} * 100;
  auto s = (cm + speed - 1) / speed; // Rounded up: nobody is there at once.
  return static_cast<std::uint32_t>(
    std::min<std::uint64_t>(s, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace hansom
