#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/folder_lock.hpp"
#include "persistence/store.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace hansom::store::sqlite {

/// What the writer must know of a shard to fence and to number.
struct shard_now {
  epoch now = 0;
  incarnation owner = 0;
  std::uint64_t last_seq = 0; ///< Last `shard_seq` of the journal.
};

using shard_table = std::array<shard_now, shard_count>;

/// Reads the table as it is in the database.
shard_table load_shards(database& db);

/// What all connections of one factory share. The lock file keeps other
/// processes out, so a table in memory is exact, not a guess.
struct shared_state {
  /// Also outlives the factory when a connection does. Null in memory.
  std::unique_ptr<folder_lock> lock;
  /// Held for each write transaction, and by the checkpoint that lets the WAL
  /// start over: one waits for the other here, not in SQLite's sleeping retry.
  std::mutex gate;
  bool shards_loaded = false; ///< Guarded by `gate`.
  shard_table shards;         ///< Guarded by `gate`.
};

} // namespace hansom::store::sqlite
