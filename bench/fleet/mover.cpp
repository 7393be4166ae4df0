#include "bench/fleet/mover.hpp"

#include <utility>

namespace hansom::fleet {

void mover::drive(std::vector<leg> way) {
  way_ = std::move(way);
  next_ = 0;
}

void mover::stop() noexcept {
  way_.clear();
  next_ = 0;
}

void mover::advance(double seconds) noexcept {
  while (seconds > 0 && !there()) {
    const auto& x = way_[next_];
    const double left_m = distance_m(at_, x.to);
    const double step_m = x.speed_m_s * seconds;
    if (step_m < left_m) {
      at_ = towards(at_, x.to, step_m);
      return;
    }
    at_ = x.to;
    seconds -= x.speed_m_s > 0 ? left_m / x.speed_m_s : seconds;
    ++next_;
  }
  if (there() && !way_.empty())
    stop();
}

} // namespace hansom::fleet
