#pragma once

#include "actors/cell/match_cost.hpp"
#include "actors/cell/policies.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace hansom {

/// What a round made of one driver for one request.
enum class match_verdict : std::uint8_t {
  chosen,
  gated,     ///< Out of the question; `why` says by which gate.
  costlier,  ///< A candidate; the request got a driver who suits better.
  elsewhere, ///< A candidate; he suits another request of the round better.
  refused,   ///< Chosen, but the driver had been taken meanwhile.
};
inline constexpr std::size_t match_verdict_count = 5;

std::string to_string(match_verdict x);
bool parse(std::string_view text, match_verdict& out) noexcept;

/// One driver who was looked at for one request.
struct considered_driver {
  driver_id driver;
  match_verdict verdict = match_verdict::gated;
  gate why = gate::none;
  std::int64_t cost = 0; ///< Milliseconds; 0 when gated before the estimate.
  std::uint32_t eta_s = 0;
  std::uint32_t distance_m = 0; ///< Straight line when gated, else driven.
};
HANSOM_RECORD(considered_driver, driver, verdict, why, cost, eta_s, distance_m)

/// How many drivers a gate has removed, listed or not.
struct removed_drivers {
  gate why = gate::none;
  std::uint32_t drivers = 0;
};
HANSOM_RECORD(removed_drivers, why, drivers)

/// The last round of one request: what console and support read.
struct match_explanation {
  trip_id trip;
  cell_id cell;
  timestamp at;
  std::uint64_t round = 0;
  match_policy policy = match_policy::batch_forward;
  std::uint32_t waiting = 0;      ///< Requests in the round.
  std::uint32_t free_drivers = 0; ///< Drivers in the round.
  std::uint32_t rounds = 0;       ///< How many this request has been in.
  std::uint32_t omitted = 0;      ///< Drivers beyond the bound, not listed.
  std::vector<removed_drivers> removed;
  std::vector<considered_driver> drivers;
};
HANSOM_RECORD(match_explanation, trip, cell, at, round, policy, waiting,
              free_drivers, rounds, omitted, removed, drivers)

/// Adds a driver, or counts him as omitted when `max` are listed. The chosen
/// one always finds a place: he takes that of the last.
void note(match_explanation& x, const considered_driver& driver,
          std::size_t max);

/// The newest explanations of a cell, one per trip, at most `trips_max`: the
/// trip explained longest ago is forgotten first.
class explanation_log {
public:
  explicit explanation_log(std::size_t trips_max) : trips_max_{trips_max} {
  }

  /// Replaces what is known of the trip, counting `rounds` up.
  void put(match_explanation x);

  /// Marks the chosen driver as refused: he had been taken meanwhile.
  void refused(trip_id trip, driver_id driver);

  /// @returns null when unknown or forgotten; valid until the next `put`.
  [[nodiscard]] const match_explanation* find(trip_id trip) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return known_.size();
  }

private:
  struct kept {
    std::uint64_t stamp = 0;
    match_explanation what;
  };
  std::size_t trips_max_;
  std::uint64_t stamp_ = 0;
  std::unordered_map<trip_id, kept> known_;
  /// Oldest first; an item whose stamp is no longer current is skipped.
  std::deque<std::pair<trip_id, std::uint64_t>> order_;
};

} // namespace hansom
