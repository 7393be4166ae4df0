#pragma once

#include "protocol/time.hpp"

namespace hansom {

/// What the machine's wall clock shows. For the start of a process only:
/// everything later takes time from a `node_clock`.
inline timestamp wall_clock_now() {
  return {std::chrono::duration_cast<milliseconds>(
            std::chrono::system_clock::now().time_since_epoch())
            .count()};
}

} // namespace hansom
