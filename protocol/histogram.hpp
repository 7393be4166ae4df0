#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hansom {

/// Counts values in fixed buckets. Any thread adds, any thread reads; relaxed,
/// so that a reader may see a value's bucket before its sum.
/// @tparam Bounds upper bounds, rising, as a constant at namespace scope; one
///         more bucket lies above all.
template <const auto& Bounds>
class histogram {
public:
  static constexpr std::size_t size = Bounds.size() + 1;

  void add(std::uint64_t x) noexcept {
    std::size_t i = 0;
    while (i < Bounds.size() && x > Bounds[i])
      ++i;
    buckets_[i].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(x, std::memory_order_relaxed);
  }

  /// The same where one thread alone writes: no locked instruction.
  void add_alone(std::uint64_t x) noexcept {
    std::size_t i = 0;
    while (i < Bounds.size() && x > Bounds[i])
      ++i;
    raise(buckets_[i], 1);
    raise(sum_, x);
  }

  [[nodiscard]] std::uint64_t in_bucket(std::size_t i) const noexcept {
    return buckets_[i].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum() const noexcept {
    return sum_.load(std::memory_order_relaxed);
  }
  static constexpr const auto& bounds() noexcept {
    return Bounds;
  }

private:
  static void raise(std::atomic<std::uint64_t>& x, std::uint64_t n) noexcept {
    x.store(x.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, size> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// Bounds that several histograms share. Microseconds, from a handler's work to
/// a stalled disk; 0.5 and 1.5 s are limits that we promise.
inline constexpr std::array<std::uint64_t, 16> wait_bounds_us{
  100,    250,    500,     1'000,   2'500,   5'000,     10'000,    25'000,
  50'000, 75'000, 100'000, 250'000, 500'000, 1'000'000, 1'500'000, 5'000'000};

} // namespace hansom
