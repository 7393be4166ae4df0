#pragma once

#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>

namespace hansom {

/// How long a cell gathers requests before a round.
struct match_window_config {
  /// Free drivers per request, in thousandths, from which rounds are immediate.
  std::uint32_t immediate_at_milli = 3000;
  /// From here down the window is the longest. Below `immediate_at_milli`.
  std::uint32_t scarce_at_milli = 1000;
  milliseconds longest{5000};
};

/// @param waiting requests waiting in the cell.
/// @param free drivers near enough to serve one of them.
/// @returns time until the next round; 0 is now. Never grows when a driver
///          comes, never shrinks when a request comes (from 1 upwards).
milliseconds match_window(std::size_t waiting, std::size_t free,
                          const match_window_config& config) noexcept;

} // namespace hansom
