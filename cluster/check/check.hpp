#pragma once

#include "persistence/store.hpp"

#include <iosfwd>
#include <string>

namespace hansom {

/// Verifies what a store holds against the invariants that a store can show:
/// I1, I3, I6 to I9, I13, and I4 with a fleet's history. Reads everything once,
/// in commit order; keeps one record for each trip and driver in memory.
/// @param from a stopped node's store; a running one may be caught between two
///             scans.
/// @param json one JSON object instead of a table.
/// @param history what clients were promised (`hansom fleet run --history`);
///                empty for none.
/// @param stream what a consumer of the events has heard (`hansom stream tail
///               --json`): adds I14; empty for none.
/// @returns 0 when all hold, 1 when one is broken.
/// @throws store::unavailable_error; std::runtime_error when the history cannot
///         be read.
int run_check(store::factory& from, std::ostream& out, bool json,
              const std::string& history = {}, const std::string& stream = {});

} // namespace hansom
