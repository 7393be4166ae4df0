#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

/// Table revocation. All throw `failure`. One writer at a time: the caller
/// holds the gate for `put` and `forget`.
namespace hansom::store::sqlite {

void put_revocation(database& db, const revocation_row& x);

std::vector<revocation_row> revocations_after(database& db, std::uint64_t pos,
                                              std::size_t limit);

/// @returns how many remain.
std::uint64_t forget_revocations(database& db, timestamp now);

} // namespace hansom::store::sqlite
