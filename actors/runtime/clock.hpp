#pragma once

#include "protocol/time.hpp"

#include <caf/actor_clock.hpp>

namespace hansom {

/// Wall-clock time of a node, derived from the actor system's own clock: the
/// system's wall clock is read once, at start, so that a clock set back by an
/// hour moves no timer, and a test's virtual clock moves everything.
/// Thread-safe; copy freely.
class node_clock {
public:
  /// @param source the actor system's clock; must outlive this object.
  /// @param wall_at_start what the wall clock shows at `source`'s present.
  node_clock(const caf::actor_clock& source, timestamp wall_at_start)
    : source_{&source}, started_{source.now()}, wall_{wall_at_start} {
  }

  [[nodiscard]] timestamp now() const noexcept {
    return wall_
           + std::chrono::duration_cast<milliseconds>(source_->now()
                                                      - started_);
  }

private:
  const caf::actor_clock* source_;
  caf::actor_clock::time_point started_;
  timestamp wall_;
};

} // namespace hansom
