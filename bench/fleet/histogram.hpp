#pragma once

#include <array>
#include <cstdint>

namespace hansom::fleet {

/// Counts durations in buckets that grow with them: 32 per doubling, so that a
/// percentile is right within 3 %, in 8 KiB whatever the number of values.
class histogram {
public:
  /// @param value for example microseconds; negative counts as 0.
  void add(std::int64_t value) noexcept;

  void merge(const histogram& other) noexcept;

  std::uint64_t count() const noexcept {
    return count_;
  }
  std::int64_t max() const noexcept {
    return max_;
  }
  double mean() const noexcept {
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
  }

  /// @param share 0.99 for the 99th percentile.
  /// @returns the upper end of the bucket that holds it, at most `max()`; 0
  ///          while empty.
  std::int64_t percentile(double share) const noexcept;

private:
  static constexpr int fine_bits = 5;
  static constexpr std::size_t buckets = 1024;

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::int64_t upper_end(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::int64_t max_ = 0;
};

} // namespace hansom::fleet
