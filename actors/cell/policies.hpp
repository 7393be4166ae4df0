#pragma once

#include "actors/cell/assignment.hpp"

#include <string>
#include <string_view>

namespace hansom {

/// How a round pairs requests with drivers. The first two are baselines that
/// a gain is always shown against.
enum class match_policy : std::uint8_t {
  first_come_nearest, ///< Requests in order; each takes its cheapest driver.
  closest_pair,       ///< The globally cheapest pair first.
  batch,              ///< Exact assignment of the whole batch.
  batch_forward,      ///< The same, with drivers who will soon be free.
};
inline constexpr std::size_t match_policy_count = 4;

/// @returns `first-come-nearest`, `closest-pair`, `batch`, `batch+forward`.
std::string to_string(match_policy x);
bool parse(std::string_view text, match_policy& out) noexcept;

/// Requests in index order (the caller sorts by time); each takes its cheapest
/// driver that is left, the lowest candidate index among equals.
/// @returns indexes into `candidates`, ascending.
std::vector<std::uint32_t>
assign_first_come(std::size_t requests, std::size_t drivers,
                  const std::vector<candidate>& candidates);

/// The cheapest pair of all first, then the next among those left; the lowest
/// candidate index among equals.
/// @returns indexes into `candidates`, ascending.
std::vector<std::uint32_t>
assign_closest_pair(std::size_t requests, std::size_t drivers,
                    const std::vector<candidate>& candidates);

/// Runs the round that `policy` names; `assign` for both batch policies, whose
/// difference lies in the candidates.
/// @throws std::invalid_argument as `assign` does.
std::vector<std::uint32_t> assign_by(match_policy policy, std::size_t requests,
                                     std::size_t drivers,
                                     const std::vector<candidate>& candidates);

} // namespace hansom
