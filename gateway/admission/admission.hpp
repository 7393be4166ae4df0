#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hansom {

struct admission_config {
  std::chrono::milliseconds target{50}; ///< Work should not wait longer.
  std::uint32_t unanswered_max = 4096;  ///< Beyond it no new work is taken.
};

/// What a command means for the load to come.
enum class work : std::uint8_t {
  open,    ///< Of a trip or shift that exists: always passes.
  inquiry, ///< Commits nobody to anything: is refused first.
  request, ///< A new trip; its quote has been paid for already.
};

enum class admission_verdict : std::uint8_t { admitted, slow, full };

/// Decides which new work a worker takes, from how long work waits on its way
/// through the node. One thread; knows no clock and no randomness of its own.
class admission {
public:
  using time = std::chrono::steady_clock::time_point;
  /// How often `observe` is to be called while there is work.
  static constexpr std::chrono::milliseconds beat{10};
  /// With fewer unanswered, what waits does not wait for us.
  static constexpr std::size_t busy_from = 32;

  /// @param random any number; decides who is refused.
  /// Admitted commands count as unanswered until `answered`.
  admission_verdict ask(work what, std::uint64_t random,
                        const admission_config& config) noexcept;

  /// `n` admitted commands are answered, or nobody waits for them any more.
  void answered(std::size_t n = 1) noexcept;

  /// Before the first `observe`, and after a pause: nothing is known yet.
  void begin(time now) noexcept;

  /// @param backlog how long a piece of work waits now.
  void observe(std::chrono::nanoseconds backlog, time now,
               const admission_config& config) noexcept;

  /// When a refused client should come back, at its own random moment.
  [[nodiscard]] std::uint32_t retry_ms(std::uint64_t random) const noexcept;

  /// How much is refused: from 0 to 1 the share of inquiries, from 1 to 2
  /// besides all of these the share of requests.
  [[nodiscard]] double level() const noexcept {
    return level_;
  }
  [[nodiscard]] std::size_t unanswered() const noexcept {
    return unanswered_;
  }
  /// @returns whether there is nothing to observe for.
  [[nodiscard]] bool at_rest() const noexcept {
    return unanswered_ == 0 && level_ <= 0;
  }

private:
  [[nodiscard]] double standing(std::chrono::nanoseconds backlog,
                                std::size_t beats) noexcept;

  std::array<std::chrono::nanoseconds, 5> seen_{}; ///< A ring.
  std::size_t next_ = 0;
  time seen_at_{};
  double before_ = 0; ///< The last standing backlog, in seconds.
  double level_ = 0;
  std::size_t unanswered_ = 0;
};

} // namespace hansom
