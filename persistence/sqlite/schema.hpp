#pragma once

#include "persistence/sqlite/database.hpp"

namespace hansom::store::sqlite {

/// Brings an empty or older database to the newest schema, in one transaction
/// per migration.
/// @throws std::runtime_error when the database is newer than this program, a
///         migration was edited after it had been applied, or the database was
///         made for another shard count.
void migrate(database& db);

/// Verifies without writing anything. @throws as `migrate`, and when migrations
/// are missing.
void check_schema(database& db);

} // namespace hansom::store::sqlite
