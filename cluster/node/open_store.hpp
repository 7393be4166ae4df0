#pragma once

#include "cluster/config/settings.hpp"
#include "persistence/postgres/postgres.hpp"

#include <memory>

namespace hansom {

/// @returns what to connect to: the environment's HANSOM_POSTGRES_URL, else the
///          first line of `store.postgres_url_file`. A secret: never printed.
/// @throws std::runtime_error saying where it was looked for.
store::postgres_options postgres_of(const settings& x);

/// The store that the settings name. PostgreSQL is migrated first where
/// `store.migrate_at_start` says so.
/// @throws std::runtime_error; store::unavailable_error.
std::shared_ptr<store::factory> open_store(const settings& x);

/// Migrates the store where `store.migrate_at_start` says so; nothing else.
/// @throws as `open_store`.
void migrate_store(const settings& x);

/// The same for looking only: `hansom check`.
std::shared_ptr<store::factory> open_store_read_only(const settings& x);

} // namespace hansom
