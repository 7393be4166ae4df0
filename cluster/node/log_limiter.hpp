#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace hansom {

/// Keeps one failing thing from filling the disk: so many lines a second of
/// each kind, the rest is counted. Lines are of one kind when they have the
/// same words; words with digits in them (ids, numbers) count as the same.
/// Plain code, not thread-safe.
class log_limiter {
public:
  using time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kinds_max = 1024;
  static constexpr std::size_t head_max = 96; ///< Of a line, looked at.
  static constexpr std::uint32_t burst_seconds = 5;

  /// @param per_second of each kind; 0: no limit.
  explicit log_limiter(std::uint32_t per_second) : per_second_{per_second} {
  }

  /// @returns how many lines of this kind were left out since the last one that
  ///          was not; none: this one is left out, too.
  std::optional<std::uint64_t> ask(std::string_view line, time now);

  /// All lines that were left out.
  [[nodiscard]] std::uint64_t suppressed() const noexcept {
    return suppressed_;
  }

  /// Kinds that are remembered, `kinds_max` at most: for a new one, that which
  /// was silent longest is forgotten, with what it had left to tell.
  [[nodiscard]] std::size_t kinds() const noexcept {
    return kinds_.size();
  }

  static std::uint64_t kind_of(std::string_view line) noexcept;

private:
  struct kind {
    double tokens = 0;
    time since;
    std::uint64_t left_out = 0;
  };

  void forget_oldest();

  std::uint32_t per_second_;
  std::unordered_map<std::uint64_t, kind> kinds_;
  std::uint64_t suppressed_ = 0;
};

} // namespace hansom
