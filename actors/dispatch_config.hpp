#pragma once

#include "actors/cell/eta.hpp"
#include "actors/cell/match_cost.hpp"
#include "actors/cell/match_window.hpp"
#include "actors/cell/policies.hpp"
#include "actors/cell/surge.hpp"
#include "actors/driver/position_filter.hpp"
#include "actors/pricing/fare.hpp"

namespace hansom {

/// Every setting of the dispatch, with its default. Read-only once the actors
/// run; shared by all of them.
struct dispatch_config {
  // -- the trip's timers ------------------------------------------------------

  milliseconds quote_ttl{120'000};
  milliseconds offer_timeout{15'000};  ///< A driver's time to answer.
  milliseconds match_timeout{180'000}; ///< Then the trip expires: no_driver.
  milliseconds pickup_wait{300'000};   ///< Then the driver may say no_show.
  milliseconds free_cancel{120'000};   ///< From assignment; then a fee.

  /// A trip that waits says so to its cell this often: a cell may have moved.
  milliseconds want_again{10'000};
  milliseconds trip_linger{60'000}; ///< Over, but answers retries from memory.
  /// A driver or rider without session and trip leaves memory after this.
  milliseconds entity_idle{60'000};

  // -- watching the driver on his way -----------------------------------------

  milliseconds connection_grace{20'000}; ///< A lost connection is forgiven.
  milliseconds driver_silent{60'000};    ///< Without a position: replaced.
  milliseconds stall_after{180'000};     ///< Without progress: replaced.
  std::uint32_t stall_progress_m = 100;  ///< Nearer by this is progress.
  /// "Arrived" is refused farther from the pickup than this; 0 is no check.
  std::uint32_t arrived_within_m = 300;
  /// A trip whose driver has arrived or has the rider in his car ends when
  /// nothing is heard of him for so long.
  milliseconds trip_abandoned{43'200'000};
  position_filter_config positions;

  // -- cells and matching -----------------------------------------------------

  int cell_level = 13; ///< S2 level, 10 to 16; 13 is about 1 km.
  std::uint32_t index_bucket_m = 250;
  match_policy policy = match_policy::batch_forward;
  std::uint32_t candidates_k = 20;    ///< Drivers considered per request.
  std::uint32_t cover_cells_max = 64; ///< Cells asked per request.
  std::uint32_t batch_max = 2000;     ///< Requests per round.
  gate_config gates;
  match_cost_config cost;
  match_window_config window;
  eta_config eta;
  /// A driver this close to his drop-off may be proposed his next trip.
  milliseconds forward_within{240'000};
  milliseconds cell_idle{300'000}; ///< An empty cell is put away after this.

  // -- explanations -----------------------------------------------------------

  std::uint32_t explained_trips_max = 1024; ///< Per cell, the newest.
  std::uint32_t explained_drivers_max = 24; ///< Per trip and round.

  // -- money ------------------------------------------------------------------

  tariff fares;
  /// Thousandths of a fare that the driver owes the platform, 0 to 1000.
  std::uint32_t commission_milli = 200;
  surge_config surge;
};

/// @returns an empty text when all settings are usable together, else which one
///          is not, why, and what would be right.
std::string check(const dispatch_config& x);

} // namespace hansom
