#pragma once

#include "persistence/postgres/postgres.hpp"
#include "protocol/time.hpp"

#include <string>

/// A moment of the past, by PostgreSQL's own tools: a base copy of the whole
/// server, and the archive of the log that it has written since.
namespace hansom::verbs {

/// Copies the server's files while it runs (`pg_basebackup`).
/// Refuses, and says what to set, when the server archives nothing: without an
/// archive a base is one moment and no more.
/// @param folder a new one.
/// @returns an exit code.
int backup_base(const store::postgres_options& from, const std::string& folder);

struct moment_options {
  std::string base;    ///< A folder of `backup_base`.
  std::string archive; ///< Where `archive_command` puts segments.
  std::string place;   ///< The new server's folder; must not exist.
  timestamp until;
  std::string user; ///< As root: who runs the server.
};

/// Makes a server in a new folder that knows what was known at `until`, starts
/// it on a port of its own, checks what it holds, and stops it again.
/// @param with whom to log in as, to which database; its host is not asked.
/// @returns an exit code.
int restore_moment(const moment_options& what,
                   const store::postgres_options& with);

} // namespace hansom::verbs
