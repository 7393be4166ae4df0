#include "persistence/postgres/schema.hpp"

#include "persistence/backup.hpp"

#include <pqxx/pqxx>

#include <algorithm>

namespace hansom::store {

namespace postgres {

namespace {

/// FNV-1a; guards against edits by mistake, not against an adversary.
std::int64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<std::int64_t>(hash);
}

/// The table that remembers migrations has to be there before the first one.
constexpr const char* first_steps = R"(
DO $$ BEGIN
  IF to_regnamespace('hansom') IS NULL THEN
    CREATE SCHEMA hansom;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hansom_node') THEN
    CREATE ROLE hansom_node NOLOGIN;
  END IF;
END $$;
CREATE TABLE IF NOT EXISTS hansom.migration(
  number integer PRIMARY KEY,
  name text NOT NULL,
  checksum bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
)";

std::vector<migration_status> look(session& db) {
  std::vector<migration_status> out;
  for (auto& x : known_migrations())
    out.push_back({x.number, std::string{x.name}, false, {}, false});
  auto there = db.execute("SELECT to_regclass('hansom.migration') IS NOT NULL");
  if (!there[0][0].as<bool>())
    return out;
  for (auto row :
       db.execute("SELECT number, name, checksum, (extract(epoch FROM at) * "
                  "1000)::bigint FROM hansom.migration ORDER BY number")) {
    auto number = row[0].as<int>();
    timestamp at{row[3].as<std::int64_t>()};
    auto known = known_migrations();
    auto i = static_cast<std::size_t>(
      std::find_if(known.begin(), known.end(),
                   [&](auto& x) { return x.number == number; })
      - known.begin());
    if (i == known.size()) {
      out.push_back({number, row[1].as<std::string>(), true, at, true});
      continue;
    }
    out[i].applied = true;
    out[i].at = at;
    out[i].strange = row[2].as<std::int64_t>() != checksum(known[i].sql);
  }
  return out;
}

std::string title(const migration_status& x) {
  return std::to_string(x.number) + " (" + x.name + ")";
}

/// What no migration can mend.
void refuse_strange(const std::vector<migration_status>& all) {
  auto known = known_migrations().back().number;
  for (auto& x : all) {
    if (x.number > known)
      throw std::runtime_error{
        "the database has schema migration " + title(x)
        + ", this program knows up to " + std::to_string(known)
        + ": run the version of hansom that applied it, or a newer one"};
    if (x.strange)
      throw std::runtime_error{
        "migration " + title(x)
        + " was applied in another form than this program knows: run the "
          "version of hansom that applied it"};
  }
}

void verify_meta(session& db) {
  auto found = db.execute(
    "SELECT (SELECT value FROM hansom.meta WHERE name = 'shard_count')");
  auto count = found[0][0].as<std::string>("none");
  if (count != std::to_string(shard_count))
    throw std::runtime_error{"the database was made for " + count
                             + " shards, this program has "
                             + std::to_string(shard_count)};
}

void apply(session& db, const migration& x) {
  std::string sql{x.sql};
  auto record = "INSERT INTO hansom.migration(number, name, checksum) VALUES("
                + std::to_string(x.number) + ", '" + std::string{x.name} + "', "
                + std::to_string(checksum(x.sql)) + ");";
  try {
    db.execute_patiently("BEGIN; SET LOCAL statement_timeout = 0; " + sql
                         + record + "COMMIT");
  } catch (const failure& e) {
    if (e.outcome_unknown())
      throw;
    db.execute("ROLLBACK");
    throw std::runtime_error{"migration " + std::to_string(x.number) + " ("
                             + std::string{x.name}
                             + ") failed and changed nothing: " + e.what()};
  }
}

} // namespace

void check_schema(session& db) {
  auto all = look(db);
  refuse_strange(all);
  for (auto& x : all)
    if (!x.applied)
      throw std::runtime_error{"the database lacks schema migration " + title(x)
                               + ": run hansom db migrate as its owner"};
  verify_meta(db);
}

} // namespace postgres

std::vector<migration_status> migrate_postgres(const postgres_options& with) {
  using namespace postgres;
  watchdog dog;
  try {
    session db{with, dog};
    // Two at once: the second waits, and finds nothing left to do.
    db.execute("SET lock_timeout = 0; SET statement_timeout = 0");
    db.execute_patiently("SELECT pg_advisory_lock(48415, 1)");
    auto before = look(db);
    refuse_strange(before);
    try {
      db.execute(first_steps);
    } catch (const failure& e) {
      throw std::runtime_error{
        std::string{"hansom db migrate needs the right to create schema hansom "
                    "and role hansom_node in the database: "}
        + e.what()};
    }
    std::vector<migration_status> out;
    // `look` lists the known ones first, in their order.
    for (std::size_t i = 0; i < known_migrations().size(); ++i)
      if (!before[i].applied)
        apply(db, known_migrations()[i]);
    auto after = look(db);
    for (std::size_t i = 0; i < after.size(); ++i)
      if (!before[i].applied)
        out.push_back(after[i]);
    verify_meta(db);
    return out;
  } catch (const failure& e) {
    throw unavailable_error{e.what()};
  }
}

std::string why_no_archive(const postgres_options& with) {
  postgres::watchdog dog;
  try {
    postgres::session db{with, dog};
    if (db.value("SHOW archive_mode") == "off")
      return "has archive_mode = off";
    // An empty command keeps all segments and archives none.
    if (db.value("SHOW archive_command") == "(disabled)"
        || db.value("SHOW archive_command").empty())
      return "has no archive_command";
    // Secret names of places stay out: what failed last is a file's name.
    return db.value("SELECT 'cannot archive: the last try, of ' || "
                    "last_failed_wal || ', failed' FROM pg_stat_archiver "
                    "WHERE last_failed_time > coalesce(last_archived_time, "
                    "'-infinity')");
  } catch (const postgres::failure& e) {
    throw unavailable_error{e.what()};
  }
}

timestamp postgres_time(const postgres_options& with) {
  postgres::watchdog dog;
  try {
    postgres::session db{with, dog};
    return {std::stoll(db.value(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))};
  } catch (const postgres::failure& e) {
    throw unavailable_error{e.what()};
  }
}

void prepare_postgres_restore(const postgres_options& with) {
  postgres::watchdog dog;
  try {
    postgres::session db{with, dog};
    if (db.value("SELECT to_regnamespace('hansom')") != "")
      throw std::runtime_error{"the database has a schema hansom already; a "
                               "restore replaces nothing: name an empty "
                               "database"};
    db.execute("DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles "
               "WHERE rolname = 'hansom_node') THEN "
               "CREATE ROLE hansom_node NOLOGIN; END IF; END $$");
  } catch (const postgres::failure& e) {
    throw unavailable_error{e.what()};
  }
}

std::vector<migration_status>
postgres_migrations(const postgres_options& with) {
  postgres::watchdog dog;
  try {
    postgres::session db{with, dog};
    return postgres::look(db);
  } catch (const postgres::failure& e) {
    throw unavailable_error{e.what()};
  }
}

} // namespace hansom::store
