#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hansom {

struct admission_config {
  std::chrono::milliseconds target{50}; ///< Answers should not take longer.
  std::uint32_t unanswered_max = 4096;  ///< Beyond it no new work is taken.
};

/// What a command means for the load to come.
enum class work : std::uint8_t {
  open,    ///< Of a trip or shift that exists: always passes.
  inquiry, ///< Commits nobody to anything: is refused first.
  request, ///< A new trip; its quote has been paid for already.
};

enum class admission_verdict : std::uint8_t { admitted, slow, full };

/// Decides which new work a worker takes, from how long its commands wait. One
/// thread; knows no clock and no randomness of its own.
class admission {
public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds interval{100};
  static constexpr std::size_t kinds_max = 32;

  /// @param random any number; decides who is refused.
  /// Admitted commands count as unanswered until `answered` or `forgotten`.
  admission_verdict ask(work what, time now, std::uint64_t random,
                        const admission_config& config) noexcept;

  /// @param kind commands of one kind wait alike; below `kinds_max`.
  void answered(std::size_t kind, time since, time now,
                const admission_config& config) noexcept;

  /// Nobody waits for `n` admitted commands any more.
  void forgotten(std::size_t n) noexcept;

  /// When a refused client should come back, at its own random moment.
  [[nodiscard]] std::uint32_t retry_ms(std::uint64_t random) const noexcept;

  /// How much is refused, in millionths; from half of it all inquiries.
  [[nodiscard]] std::uint32_t level() const noexcept {
    return level_;
  }
  [[nodiscard]] std::size_t unanswered() const noexcept {
    return unanswered_;
  }

private:
  struct seen {
    std::uint32_t all = 0;
    std::uint32_t in_time = 0;
  };

  void judge(time now) noexcept;
  [[nodiscard]] bool behind() const noexcept;

  std::array<seen, kinds_max> seen_{};
  time interval_ends_{};
  std::size_t unanswered_ = 0;
  std::uint32_t level_ = 0;
};

} // namespace hansom
