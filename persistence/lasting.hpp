#pragma once

#include "persistence/store.hpp"

namespace hansom::store {

/// A connection for readers that outlives the store's absence: after a failure
/// it opens a new one, at most every 200 ms, and a single look-up is asked
/// again at once. Writes are refused, since their outcome needs more care; but
/// for revocations, which may be said twice.
/// @throws unavailable_error never here; from each call while the store is
/// gone.
std::unique_ptr<connection> make_lasting(std::shared_ptr<factory> connections);

} // namespace hansom::store
