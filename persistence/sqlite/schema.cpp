#include "persistence/sqlite/schema.hpp"

#include "persistence/store.hpp"

#include <array>
#include <string>
#include <string_view>

namespace hansom::store::sqlite {

namespace {

struct migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

// Keys begin with the integer that tells rows apart best: SQLite compares a
// leading integer on a fast path. States are one table per kind, so that the
// entity's id is the row number itself and no second tree is needed.
constexpr std::string_view first_sql = R"(
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node(
  incarnation INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused
  name TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE shard(
  shard INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE shard_history(
  shard INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(shard, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal(
  pos INTEGER PRIMARY KEY,
  shard INTEGER NOT NULL,
  shard_seq INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  payload TEXT NOT NULL,
  client INTEGER,
  client_kind INTEGER,
  command TEXT
) STRICT;
CREATE UNIQUE INDEX journal_by_entity ON journal(entity, kind, seq);
CREATE UNIQUE INDEX journal_by_shard ON journal(shard, shard_seq);

CREATE TABLE claim(
  key INTEGER NOT NULL,
  claim_kind INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  PRIMARY KEY(key, claim_kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE command(
  client INTEGER NOT NULL,
  command TEXT NOT NULL,
  client_kind INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(client, command, client_kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer(
  key TEXT PRIMARY KEY,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  minor INTEGER NOT NULL CHECK(minor > 0),
  currency INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  CHECK(key <> '' AND debit <> '' AND credit <> '' AND debit <> credit)
) STRICT, WITHOUT ROWID;
)";

constexpr std::string_view state_sql = R"(
CREATE TABLE state_%(
  id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  active INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX state_%_active ON state_%(shard) WHERE active = 1;
)";

/// Numbers are never given again: readers go by them.
constexpr std::string_view revocations_sql = R"(
CREATE TABLE revocation(
  pos INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK(name <> ''),
  issued_before INTEGER NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE(name, issued_before)
) STRICT;
CREATE INDEX revocation_until ON revocation(until);
)";

// Closed trips leave their table; the journal may begin later than at 1, and
// what an entity was there is its base.
constexpr std::string_view upkeep_sql = R"(
ALTER TABLE shard ADD COLUMN trimmed_seq INTEGER NOT NULL DEFAULT 0;

CREATE TABLE trip_history(
  id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  blurred INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX trip_history_exact ON trip_history(id) WHERE blurred = 0;

CREATE TABLE journal_base(
  entity INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY(entity, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX command_at ON command(at);
)";

constexpr std::array migrations{
  migration{1, "first", first_sql},
  migration{2, "upkeep", upkeep_sql},
  migration{3, "revocations", revocations_sql},
};

/// The kind-by-kind part of migration 1 is written once and expanded.
std::string full_text(const migration& x) {
  std::string out{x.sql};
  if (x.number != 1)
    return out;
  for (auto kind : {"driver", "rider", "trip", "cell"})
    for (auto c : state_sql)
      c == '%' ? out += kind : out += c;
  return out;
}

/// FNV-1a; guards against edits by mistake, not against an adversary.
std::int64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<std::int64_t>(hash);
}

void apply(database& db, const migration& x) {
  auto sql = full_text(x);
  db.execute("BEGIN IMMEDIATE");
  db.execute(sql);
  statement{db, "INSERT INTO migration VALUES(?, ?, ?)"}
    .bind(x.number, x.name, checksum(sql))
    .run();
  if (x.number == 1) {
    statement meta{db, "INSERT INTO meta VALUES(?, ?)"};
    meta.bind(std::string_view{"shard_count"}, std::to_string(shard_count))
      .run();
    meta.bind(std::string_view{"shard_hash"}, std::string_view{"mix64/1"})
      .run();
    db.execute(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
      "WHERE i + 1 < "
      + std::to_string(shard_count)
      + ") INSERT INTO shard(shard, owner, epoch) SELECT i, 0, 0 FROM n");
  }
  db.execute("COMMIT");
}

bool has_table(database& db, std::string_view name) {
  statement find{db, "SELECT 1 FROM sqlite_schema WHERE name = ?"};
  find.bind(name);
  return find.step();
}

/// @returns the number of the newest applied migration.
int verify_applied(database& db) {
  if (!has_table(db, "migration"))
    return 0;
  int newest = 0;
  statement applied{db, "SELECT number, checksum FROM migration ORDER BY 1"};
  while (applied.step()) {
    newest = static_cast<int>(applied.integer(0));
    if (newest > static_cast<int>(migrations.size()))
      throw std::runtime_error{
        "the database has schema version " + std::to_string(newest)
        + ", this program knows up to " + std::to_string(migrations.size())
        + ": run a newer hansom"};
    auto& known = migrations[static_cast<std::size_t>(newest - 1)];
    if (applied.integer(1) != checksum(full_text(known)))
      throw std::runtime_error{
        "migration " + std::to_string(newest) + " (" + std::string{known.name}
        + ") was applied in another form than this program knows"};
  }
  return newest;
}

void verify_meta(database& db) {
  statement meta{db, "SELECT value FROM meta WHERE name = 'shard_count'"};
  auto count = meta.step() ? meta.text(0) : std::string{"none"};
  if (count != std::to_string(shard_count))
    throw std::runtime_error{"the database was made for " + count
                             + " shards, this program has "
                             + std::to_string(shard_count)};
}

} // namespace

void migrate(database& db) {
  db.execute("CREATE TABLE IF NOT EXISTS migration(number INTEGER PRIMARY KEY, "
             "name TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT");
  auto newest = verify_applied(db);
  for (auto& x : migrations)
    if (x.number > newest)
      apply(db, x);
  verify_meta(db);
}

void check_schema(database& db) {
  auto newest = verify_applied(db);
  if (newest != static_cast<int>(migrations.size()))
    throw std::runtime_error{"the database has schema version "
                             + std::to_string(newest) + ", this program needs "
                             + std::to_string(migrations.size())
                             + ": start the server once, it upgrades"};
  verify_meta(db);
}

} // namespace hansom::store::sqlite
