#pragma once

#include "protocol/geo.hpp"

#include <cstddef>
#include <vector>

namespace hansom::fleet {

/// A stretch of the way.
struct leg {
  geo_point to;
  double speed_m_s = 0;
};

/// A vehicle that follows its way at the speed of each leg.
class mover {
public:
  void place(geo_point at) noexcept {
    at_ = at;
    stop();
  }

  void drive(std::vector<leg> way);
  void stop() noexcept;

  /// Moves on. @param seconds simulated.
  void advance(double seconds) noexcept;

  geo_point at() const noexcept {
    return at_;
  }
  bool there() const noexcept {
    return next_ >= way_.size();
  }
  /// @returns 0 while standing.
  double speed_m_s() const noexcept {
    return there() ? 0 : way_[next_].speed_m_s;
  }

private:
  geo_point at_;
  std::vector<leg> way_;
  std::size_t next_ = 0;
};

} // namespace hansom::fleet
