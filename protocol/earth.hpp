#pragma once

namespace hansom {

/// Of the mean sphere, metres.
inline constexpr double earth_radius_m = 6'371'008.8;

} // namespace hansom
