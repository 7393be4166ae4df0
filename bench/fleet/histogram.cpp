#include "bench/fleet/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hansom::fleet {

std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  constexpr std::uint64_t fine = 1 << fine_bits;
  if (value < fine)
    return value;
  const auto shift = static_cast<int>(std::bit_width(value)) - fine_bits - 1;
  const auto bucket =
    (static_cast<std::size_t>(shift) + 1) * fine + ((value >> shift) - fine);
  return std::min(bucket, buckets - 1);
}

std::int64_t histogram::upper_end(std::size_t bucket) noexcept {
  constexpr std::size_t fine = 1 << fine_bits;
  if (bucket < fine)
    return static_cast<std::int64_t>(bucket);
  const auto shift = bucket / fine - 1;
  const auto low = static_cast<std::int64_t>(bucket % fine + fine);
  return ((low + 1) << shift) - 1;
}

void histogram::add(std::int64_t value) noexcept {
  value = std::max<std::int64_t>(value, 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(value))];
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets; ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::int64_t histogram::percentile(double share) const noexcept {
  const auto wanted =
    static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets && count_ > 0; ++i) {
    seen += counts_[i];
    if (seen >= std::max<std::uint64_t>(wanted, 1))
      return std::min(upper_end(i), max_);
  }
  return max_;
}

} // namespace hansom::fleet
