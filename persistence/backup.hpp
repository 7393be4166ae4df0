#pragma once

#include "persistence/postgres/postgres.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Copies of a store, made while it is in use, and the way back.
namespace hansom::store {

/// Copies the store in `folder` into a new file, as it is at one moment. A node
/// may work on it meanwhile: it waits for nothing, its WAL grows until the copy
/// is done. The file is complete and on the disk when this returns, and not
/// there when it throws.
/// @param progress gets pages done and pages in all.
/// @throws std::runtime_error when the file exists or cannot be written.
void backup_sqlite(const std::string& folder, const std::string& file,
                   const std::function<void(int, int)>& progress);

/// Puts a copy into `folder`, which must not have a store.
/// @throws std::runtime_error when it has one, or the file is no such copy.
void restore_sqlite(const std::string& file, const std::string& folder);

/// What libpq's programs read a connection from, so that no password stands in
/// a command line: ("PGHOST", "..."). @throws std::runtime_error.
std::vector<std::pair<std::string, std::string>>
postgres_environment(const std::string& url);

/// @returns a connection string for the same login and database at another
///          place. @throws std::runtime_error.
std::string postgres_at(const std::string& url, const std::string& host,
                        std::uint16_t port);

/// Looks whether the server keeps an archive of its log, without which a base
/// copy is one moment and no more.
/// @returns why there is none, such as "has archive_mode = off"; empty: there
///          is. @throws unavailable_error.
std::string why_no_archive(const postgres_options& with);

/// @returns the server's own time. @throws unavailable_error.
timestamp postgres_time(const postgres_options& with);

/// Makes a database ready for `pg_restore`: the role that the copy's grants
/// name is there. Needs the owner's rights.
/// @throws std::runtime_error when schema hansom is there already.
void prepare_postgres_restore(const postgres_options& with);

} // namespace hansom::store
