#pragma once

#include "actors/cell/cell_books.hpp"
#include "actors/cell/explanation.hpp"
#include "actors/dispatch_config.hpp"

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

/// One round of a cell, from waiting requests to proposals. Plain code: the
/// actor fetches what neighbours lend and sends what comes out.
namespace hansom {

/// Who is to be proposed for what.
struct match_pairing {
  trip_id trip;
  driver_id driver;
  std::uint32_t eta_s = 0;
  std::uint32_t distance_m = 0;
  bool queued = false; ///< After the driver's present trip.
};

/// What a round has decided, and why.
struct round_outcome {
  std::vector<match_pairing> pairs;
  std::vector<match_explanation> why; ///< One per request.
};

/// Gathers candidates, then pairs them. Books are read, never changed. Must
/// not outlive the config and the estimate model.
class match_round {
public:
  /// A request in a small batch needs no more than so many candidates beyond
  /// the batch's size: with n requests, each one's n nearest suffice for the
  /// best pairing by distance. The rest leaves room for the other cost terms.
  static constexpr std::size_t spare_candidates = 4;

  match_round(const dispatch_config& config, const eta_model& eta, cell_id cell,
              std::uint64_t number, timestamp now);

  /// Adds a request; before `look`.
  void add(const waiting_request& x);

  /// Looks at the cell's own drivers.
  void look(const driver_books& books, const request_book& requests);

  /// Takes in what a neighbour lends; drivers that came before are ignored.
  void take(const std::vector<lent_driver>& drivers, const driver_books& books,
            const request_book& requests);

  [[nodiscard]] std::size_t size() const noexcept {
    return asked_.size();
  }
  [[nodiscard]] const match_request& request(std::size_t i) const {
    return asked_[i].request;
  }
  /// @returns how many candidates request `i` has so far.
  [[nodiscard]] std::size_t found(std::size_t i) const {
    return asked_[i].picks.size();
  }
  /// @returns metres within which request `i` has all candidates that it needs;
  ///          none when there are fewer.
  [[nodiscard]] std::optional<std::uint32_t> reach(std::size_t i) const;

  /// Candidates per request that suffice.
  [[nodiscard]] std::size_t wanted() const noexcept;

  /// @returns how many different drivers are candidates.
  [[nodiscard]] std::size_t supply() const noexcept {
    return drivers_.size();
  }
  [[nodiscard]] std::uint64_t number() const noexcept {
    return number_;
  }
  [[nodiscard]] timestamp began() const noexcept {
    return now_;
  }

  /// Pairs.
  [[nodiscard]] round_outcome solve();

private:
  struct pick {
    std::uint32_t metres = 0;
    std::uint32_t driver = 0; ///< Into `drivers_`.
  };
  struct asked {
    match_request request;
    std::vector<pick> picks;
    std::vector<considered_driver> gated;
    std::array<std::uint32_t, gate_count> removed{}; ///< By gate.
    std::uint32_t omitted = 0;
  };
  struct edges;

  std::uint32_t slot_of(const match_driver& x);
  void note_gated(asked& x, const match_driver& driver, gate why,
                  std::uint32_t metres) const;
  void trim(asked& x) const;
  void price(asked& x, std::uint32_t i, edges& out) const;
  [[nodiscard]] std::vector<match_explanation>
  explain(const edges& priced, const std::vector<std::uint32_t>& chosen) const;

  const dispatch_config& config_;
  const eta_model& eta_;
  cell_id cell_;
  std::uint64_t number_;
  timestamp now_;
  std::vector<asked> asked_;
  std::vector<match_driver> drivers_;
  std::unordered_map<driver_id, std::uint32_t> slots_;
};

/// So many own requests, the longest waiting, keep a driver from neighbours.
constexpr std::size_t keeping_requests_max = 16;

/// A neighbour asks.
/// @returns the best of our drivers for its requests, each once, by id; without
///          those who are nearest to a request of our own that waits, unless
///          the neighbour's is nearer to them, or starved and ours is not.
std::vector<lent_driver> drivers_to_lend(const borrow& x,
                                         const driver_books& books,
                                         request_book& requests,
                                         const dispatch_config& config,
                                         timestamp now);

} // namespace hansom
