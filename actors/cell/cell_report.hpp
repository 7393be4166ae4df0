#pragma once

#include "actors/cell/surge.hpp"
#include "protocol/ids.hpp"
#include "protocol/record.hpp"
#include "protocol/time.hpp"

#include <cstdint>

namespace hansom {

/// What a cell counts, since it came into memory.
struct cell_figures {
  std::uint64_t rounds = 0;
  std::uint64_t proposals = 0;
  std::uint64_t refusals = 0;       ///< The driver was not free.
  std::uint64_t lost_proposals = 0; ///< No answer, no outcome.
  std::uint64_t positions = 0;
  std::uint64_t unknown_positions = 0; ///< Of drivers not in the books.
  std::uint64_t stale_statuses = 0;
  std::uint64_t late_lends = 0;
  std::uint64_t borrows_sent = 0;
  std::uint64_t borrows_served = 0;
  std::uint64_t refused_full = 0; ///< Drivers or requests beyond the bound.
  std::uint64_t last_round_requests = 0;
  std::uint64_t last_round_drivers = 0;
  std::uint64_t last_round_pairs = 0;
  std::int64_t last_round_ms = 0; ///< Neighbours' answers included.
  timestamp last_round_at;
};
HANSOM_RECORD(cell_figures, rounds, proposals, refusals, lost_proposals,
              positions, unknown_positions, stale_statuses, late_lends,
              borrows_sent, borrows_served, refused_full, last_round_requests,
              last_round_drivers, last_round_pairs, last_round_ms,
              last_round_at)

/// What the console sees of a cell.
struct cell_report {
  cell_id cell;
  timestamp at;
  std::uint64_t drivers = 0; ///< All, busy ones too.
  std::uint64_t free = 0;
  std::uint64_t soon_free = 0;
  std::uint64_t waiting = 0;   ///< Requests to be matched.
  std::uint64_t proposed = 0;  ///< Requests out on a proposal or an offer.
  std::uint64_t explained = 0; ///< Trips that `explain` knows.
  bool in_round = false;
  std::uint32_t surge_milli = 1000; ///< Durable.
  std::uint64_t surge_rev = 0;
  bool surge_pending = false; ///< A change is on its way to the journal.
  std::uint64_t demand = 0;   ///< Requests within the surge window.
  surge_state surge;
  cell_figures figures;
};
HANSOM_RECORD(cell_report, cell, at, drivers, free, soon_free, waiting,
              proposed, explained, in_round, surge_milli, surge_rev,
              surge_pending, demand, surge, figures)

} // namespace hansom
