#pragma once

#include "persistence/postgres/session.hpp"

#include <array>
#include <span>
#include <string_view>

namespace hansom::store::postgres {

/// A file of `migrations/`, put into the program when it is built.
struct migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

/// All known, by number. A number may be missing: work on the next one may end
/// first.
std::span<const migration> known_migrations();

/// Verifies that the database has exactly the schema that this program knows.
/// @throws std::runtime_error saying what to do; failure.
void check_schema(session& db);

} // namespace hansom::store::postgres
