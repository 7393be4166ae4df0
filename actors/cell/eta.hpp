#pragma once

#include "protocol/geo.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cstdint>

namespace hansom {

/// How fast a city moves, for estimates without a route engine.
struct eta_config {
  /// Metres driven per 1000 m of straight line.
  std::uint32_t detour_milli = 1300;
  /// Mean speed by local hour of day, centimetres per second.
  std::array<std::uint32_t, 24> speed_cm_s = {
    950, 1000, 1000, 1000, 1000, 950, 850, 700, 600, 600, 620, 620,
    620, 620,  600,  580,  560,  540, 560, 620, 700, 750, 820, 900};
  /// Local time minus UTC, seconds.
  std::int32_t utc_offset_s = 0;
};

/// Estimates a drive. The one place that a route engine has to replace.
/// Implementations are thread-safe and do not block.
class eta_model {
public:
  virtual ~eta_model() = default;

  /// @returns the length of the drive in metres.
  [[nodiscard]] virtual std::uint32_t distance(geo_point from,
                                               geo_point to) const = 0;
  /// @param at when the drive begins; decides the hour's speed.
  /// @returns seconds; 0 only for the same place.
  [[nodiscard]] virtual std::uint32_t seconds(geo_point from, geo_point to,
                                              timestamp at) const = 0;
};

/// Straight line times a detour factor over the hour's speed.
class straight_line_eta final : public eta_model {
public:
  explicit straight_line_eta(const eta_config& config = {});

  [[nodiscard]] std::uint32_t distance(geo_point from,
                                       geo_point to) const override;
  [[nodiscard]] std::uint32_t seconds(geo_point from, geo_point to,
                                      timestamp at) const override;

private:
  eta_config config_;
};

} // namespace hansom
