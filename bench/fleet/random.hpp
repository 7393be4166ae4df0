#pragma once

#include "protocol/ids.hpp"

#include <cmath>
#include <cstdint>

namespace hansom::fleet {

/// A small seeded stream of random numbers (splitmix64): 8 bytes, so that each
/// of many clients has its own, and the same everywhere, unlike the standard
/// library's distributions.
class random_stream {
public:
  explicit random_stream(std::uint64_t seed) noexcept : state_{seed} {
  }

  /// A stream of its own for each (seed, number).
  random_stream(std::uint64_t seed, std::uint64_t number) noexcept
    : state_{mix64(seed + 0x9e3779b97f4a7c15ULL) ^ mix64(number * 2 + 1)} {
  }

  std::uint64_t next() noexcept {
    return mix64(state_ += 0x9e3779b97f4a7c15ULL);
  }

  /// @returns a number in [0, 1).
  double unit() noexcept {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
  }

  /// @returns a number in [low, high).
  double between(double low, double high) noexcept {
    return low + (high - low) * unit();
  }

  /// @returns a whole number in [0, n); 0 when n is 0.
  std::uint64_t below(std::uint64_t n) noexcept {
    return n == 0 ? 0 : next() % n;
  }

  bool happens(double probability) noexcept {
    return unit() < probability;
  }

  /// @returns a waiting time of mean `mean`.
  double exponential(double mean) noexcept {
    return -mean * std::log1p(-unit());
  }

  /// @returns a number of the standard normal distribution.
  double normal() noexcept {
    const double u = 1.0 - unit();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * unit());
  }

private:
  std::uint64_t state_;
};

} // namespace hansom::fleet
