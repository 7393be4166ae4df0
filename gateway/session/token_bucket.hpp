#pragma once

#include "protocol/time.hpp"

#include <algorithm>
#include <cstdint>

namespace hansom {

/// How much of something is let through.
struct bucket_config {
  std::uint32_t per_s = 0; ///< Sustained; 0 means without limit.
  std::uint32_t burst = 1; ///< At once, after a pause.
};

/// A token bucket in eight bytes: it keeps the moment at which it will be full
/// again instead of a level (the generic cell rate algorithm).
class token_bucket {
public:
  /// @param reserve of the burst, what must be left for others who may take
  ///                all of it; below `config.burst`.
  /// @returns whether one more may pass now.
  bool take(timestamp now, const bucket_config& config,
            std::uint32_t reserve = 0) noexcept {
    if (config.per_s == 0)
      return true;
    auto now_us = now.ms * 1000;
    auto full_at = std::max(full_at_us_, now_us);
    if (full_at - now_us > room_us(config) - reserve * interval_us(config))
      return false;
    full_at_us_ = full_at + interval_us(config);
    return true;
  }

  /// @returns how long until `take` says yes; 0 when it would now.
  [[nodiscard]] milliseconds wait(timestamp now,
                                  const bucket_config& config) const noexcept {
    if (config.per_s == 0)
      return milliseconds{0};
    auto missing = full_at_us_ - now.ms * 1000 - room_us(config);
    return milliseconds{missing <= 0 ? 0 : (missing + 999) / 1000};
  }

private:
  static std::int64_t interval_us(const bucket_config& x) noexcept {
    return std::max<std::int64_t>(1, 1'000'000 / x.per_s);
  }
  static std::int64_t room_us(const bucket_config& x) noexcept {
    auto burst = std::max<std::int64_t>(1, x.burst);
    return (burst - 1) * interval_us(x);
  }

  std::int64_t full_at_us_ = 0;
};

} // namespace hansom
