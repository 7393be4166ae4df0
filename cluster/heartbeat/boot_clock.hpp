#pragma once

#include "cluster/core/times.hpp"

#include <time.h>

namespace hansom {

/// A clock that nobody sets and that goes on while the machine sleeps, so that
/// a node that was away knows it.
inline core::moment boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return core::moment{static_cast<std::int64_t>(now.tv_sec) * 1000
                      + now.tv_nsec / 1'000'000};
}

} // namespace hansom
