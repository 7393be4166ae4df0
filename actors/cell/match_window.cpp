#include "actors/cell/match_window.hpp"

#include <algorithm>

namespace hansom {

milliseconds match_window(std::size_t waiting, std::size_t free,
                          const match_window_config& config) noexcept {
  if (waiting == 0)
    return milliseconds{0};
  // Sizes far beyond any cell are cut so that nothing below can overflow.
  constexpr std::size_t most = 1'000'000'000;
  auto w = static_cast<std::int64_t>(std::min(waiting, most));
  auto f = static_cast<std::int64_t>(std::min(free, most));
  auto ratio = f * 1000 / w;
  auto plenty = std::int64_t{config.immediate_at_milli};
  auto scarce = std::int64_t{config.scarce_at_milli};
  if (ratio >= plenty)
    return milliseconds{0};
  if (ratio <= scarce)
    return config.longest;
  return milliseconds{config.longest.count() * (plenty - ratio)
                      / (plenty - scarce)};
}

} // namespace hansom
