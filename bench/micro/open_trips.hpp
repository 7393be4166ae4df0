#pragma once

#include "persistence/store.hpp"

namespace hansom::bench {

/// Writes so many open trips into an empty store, through its own interface:
/// each with its rider, and a driver on shift who is on his way to him.
/// @throws std::runtime_error when a write is not committed.
void fill_with_open_trips(store::factory& into, std::uint64_t trips);

/// The same of drivers who are on shift, so that a node brings them into
/// memory.
void fill_with_drivers(store::factory& into, std::uint64_t drivers);

} // namespace hansom::bench
