#pragma once

/// Valid C++17 on purpose: the solver's file cannot be compiled as C++20.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hansom {

/// One possible pairing; `request` and `driver` are indexes into the caller's
/// own lists.
struct candidate {
  std::uint32_t request = 0;
  std::uint32_t driver = 0;
  std::int64_t cost = 0; ///< Lower is better; within +-`assignment_cost_max`.
};

/// Costs beyond this are clamped: in milliseconds about 49 days. The bound
/// lets "one more match" outweigh any sum of costs in 64 bits.
inline constexpr std::int64_t assignment_cost_max = std::int64_t{1} << 32;

/// Largest batch on either side; callers split beyond it.
inline constexpr std::size_t assignment_size_max = 8192;

/// Pairs requests with drivers: as many pairs as possible, and among those
/// matchings one of the least total cost. Exact.
///
/// The same input always gives the same output. Where a request has several
/// equally cheap candidates and nobody competes for them, the lowest index
/// into `candidates` wins.
/// @param requests,drivers list sizes, at most `assignment_size_max`.
/// @returns indexes into `candidates`, ascending; each request and each driver
///          at most once.
/// @throws std::invalid_argument for sizes or candidates out of range.
std::vector<std::uint32_t> assign(std::size_t requests, std::size_t drivers,
                                  const std::vector<candidate>& candidates);

} // namespace hansom
