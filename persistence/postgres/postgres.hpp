#pragma once

#include "persistence/store.hpp"

#include <chrono>

/// PostgreSQL behind the store's interface.
namespace hansom::store {

struct postgres_options {
  /// libpq's connection string or URL. Holds a password: never print it.
  std::string url;
  /// Reads only, and for as long as it takes: `hansom check`.
  bool read_only = false;
  /// Works with a server that may forget what it has acknowledged
  /// (`fsync` or `synchronous_commit` off). For experiments.
  bool allow_unsafe = false;
  std::chrono::milliseconds statement_timeout{2000};
  std::chrono::milliseconds lock_timeout{1000};
  /// The server gives up a transaction whose client sleeps.
  std::chrono::milliseconds idle_timeout{500};
  /// Without any answer for so long the connection is cut.
  std::chrono::milliseconds answer_timeout{4000};
  /// Of the cluster's member that connects, so that others may end its server
  /// processes when it is dead; 0: none.
  incarnation self = 0;
};

/// Connects when a connection is opened, not here.
/// `connection::migrate` verifies the schema and changes nothing; migrations
/// are `migrate_postgres`, by the owner.
/// @throws std::runtime_error when the connection string is malformed.
std::unique_ptr<factory> make_postgres(postgres_options with);

class membership;
/// Connects at once. @throws unavailable_error; std::runtime_error when the
/// connection string is malformed.
std::unique_ptr<membership> make_postgres_membership(postgres_options with);

/// One migration, as the program knows it and as the database does.
struct migration_status {
  int number = 0;
  std::string name;
  bool applied = false;
  timestamp at; ///< When, by the server's clock.
  /// Applied in another form than this program knows, or not known to it.
  bool strange = false;
};

/// Applies the missing migrations, each in its own transaction; one process at
/// a time, others wait. Needs a role that owns schema `hansom` or may create
/// it, and may create roles when `hansom_node` does not exist.
/// @returns those applied now.
/// @throws unavailable_error when the server is not there, std::runtime_error
///         when the database is newer or was changed by hand.
std::vector<migration_status> migrate_postgres(const postgres_options& with);

/// Looks without changing anything. @throws as `migrate_postgres`.
std::vector<migration_status> postgres_migrations(const postgres_options& with);

/// @returns host, port, database and user of a connection string, without the
///          password; or why it is malformed.
std::string describe_postgres(const std::string& url);

} // namespace hansom::store
