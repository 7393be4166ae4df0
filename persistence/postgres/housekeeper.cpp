#include "persistence/postgres/housekeeper.hpp"

#include "persistence/keys.hpp"
#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/reader.hpp"
#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>

#include <string_view>

namespace hansom::store::postgres {

namespace {

/// A step has so long; it holds nothing that commits need for more than a
/// moment. The server takes a second to send its own vacuum away.
constexpr const char* own_limits =
  "SET statement_timeout = 20000; SET lock_timeout = 1500";
/// Commits wait behind who waits for the whole journal: he gives up soon.
constexpr const char* short_wait = "SET lock_timeout = 300";
constexpr const char* lock_not_available = "55P03";
constexpr std::pair<std::int64_t, int> no_entity{
  std::numeric_limits<std::int64_t>::min(), 0};

constexpr const char* bases_sql =
  "WITH e AS (SELECT entity, kind, max(seq) AS seq FROM hansom.journal "
  "WHERE day BETWEEN $1 AND $2 AND (entity, kind) > ($3::bigint, $4::smallint) "
  "GROUP BY entity, kind ORDER BY entity, kind LIMIT $5::bigint) "
  "SELECT e.kind, e.entity, e.seq, b.seq, coalesce(b.state, ''), s.rev, "
  "coalesce(s.state, ''), h.rev FROM e "
  "LEFT JOIN hansom.journal_base b ON b.entity = e.entity AND b.kind = e.kind "
  "LEFT JOIN hansom.entity_state s ON s.id = e.entity AND s.kind = e.kind "
  "LEFT JOIN hansom.trip_history h ON e.kind = 3 AND h.id = e.entity "
  "AND h.day = hansom.day_of_trip(e.entity) ORDER BY e.entity, e.kind";

} // namespace

housekeeper::housekeeper(session& db) : db_{db}, based_{no_entity} {
  db_.give_time(std::chrono::seconds{25});
  db_.execute(own_limits);
  db_.prepare("days_upkeep", "SELECT hansom.prepare_journal_days($1, $2)");
  db_.prepare("settle_strays", "SELECT hansom.settle_stray_day($1, $2)");
  db_.prepare("keep_trips", "SELECT moved, seen, next FROM "
                            "hansom.keep_trips($1, $2, $3, $4)");
  db_.prepare("blur_trips", "SELECT hansom.blur_trips($1, $2, $3)");
  db_.prepare("forget_commands", "SELECT hansom.forget_commands($1, $2, $3)");
  db_.prepare("drop_days", "SELECT hansom.drop_journal_days($1, $2, $3, "
                           "nullif($4, '')::bigint[])");
  db_.prepare("bases", bases_sql);
  db_.prepare("put_bases",
              "INSERT INTO hansom.journal_base AS b(entity, kind, seq, state) "
              "SELECT * FROM unnest($1::bigint[], $2::smallint[], "
              "$3::bigint[], $4::text[]) ON CONFLICT (entity, kind) DO UPDATE "
              "SET seq = excluded.seq, state = excluded.state "
              "WHERE b.seq < excluded.seq");
  db_.prepare(
    "to_fold",
    "SELECT seq, event, payload FROM hansom.journal WHERE entity = $1 "
    "AND kind = $2 AND seq > $3 AND seq <= $4 ORDER BY seq");
}

upkeep_step housekeeper::step(const upkeep_order& order) {
  try {
    return work(order);
  } catch (const failure& e) {
    if (e.state() != lock_not_available)
      throw;
    db_.execute(own_limits);
    return {0, false, "somebody works on the table; next time"};
  }
}

upkeep_step housekeeper::work(const upkeep_order& order) {
  switch (order.what) {
  case upkeep_task::prepare_days:
    return prepare_days(order);
  case upkeep_task::settle_strays:
    return settle_strays(order);
  case upkeep_task::keep_trips:
    return keep_trips(order);
  case upkeep_task::blur_positions:
    return call("blur_trips", order);
  case upkeep_task::trim_journal:
    return trim(order);
  case upkeep_task::forget_commands:
    return call("forget_commands", order);
  }
  return {};
}

upkeep_step housekeeper::prepare_days(const upkeep_order& order) {
  db_.execute(short_wait);
  auto rows =
    db_.run("days_upkeep", {written(day_of(order.now)), written(days_ahead)});
  db_.execute(own_limits);
  return {natural(rows[0][0]), false, {}};
}

upkeep_step housekeeper::settle_strays(const upkeep_order& order) {
  // Somebody's clock may be an hour late: his yesterday is not over yet.
  auto today = day_of(order.now - milliseconds{3'600'000});
  auto rows = db_.run("settle_strays", {written(order.self), written(today)});
  auto moved = natural(rows[0][0]);
  return {moved, moved != 0, {}};
}

upkeep_step housekeeper::keep_trips(const upkeep_order& order) {
  auto rows =
    db_.run("keep_trips", {written(order.self), written(order.before.ms),
                           written(last_trip_), written(order.rows)});
  upkeep_step out{natural(rows[0][0]), natural(rows[0][1]) == order.rows, {}};
  last_trip_ = out.more ? rows[0][2].as<std::int64_t>()
                        : std::numeric_limits<std::int64_t>::min();
  return out;
}

upkeep_step housekeeper::call(const char* name, const upkeep_order& order) {
  auto rows = db_.run(
    name, {written(order.self), written(order.before.ms), written(order.rows)});
  auto done = natural(rows[0][0]);
  return {done, done == order.rows, {}};
}

// -- the journal's end --------------------------------------------------------

upkeep_step housekeeper::trim(const upkeep_order& order) {
  if (first_day_ > last_day_ && !choose_days(day_of(order.before)))
    return {};
  try {
    if (put_bases(order))
      return {0, true, {}};
    return drop(order);
  } catch (...) {
    last_day_ = first_day_ - 1; // Next time from the beginning.
    throw;
  }
}

bool housekeeper::choose_days(int before) {
  auto oldest = db_.value(
    "SELECT min(substring(c.relname FROM 9)::integer) FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = "
    "'hansom.journal'::regclass AND c.relname ~ '^journal_[0-9]+$'");
  if (oldest.empty() || std::stoi(oldest) >= before)
    return false;
  first_day_ = last_day_ = std::stoi(oldest);
  based_ = no_entity;
  return true;
}

bool housekeeper::put_bases(const upkeep_order& order) {
  auto rows = db_.run("bases", {written(first_day_), written(last_day_),
                                written(based_.first), written(based_.second),
                                written(order.rows)});
  array_parameter<std::int64_t> entity, seq;
  array_parameter<std::int16_t> kind;
  array_parameter<std::string_view> state;
  auto count = 0;
  for (auto row : rows) {
    based_ = {row[1].as<std::int64_t>(), row[0].as<int>()};
    auto last = natural(row[2]);
    if (natural(row[7]) == last || natural(row[3]) >= last)
      continue; // A closed trip that goes altogether; or done before.
    auto base = natural(row[5]) == last
                  ? text(row[6])
                  : fold(order, to_entity(based_.second, based_.first),
                         natural(row[3]), text(row[4]), last);
    entity.push_back(based_.first);
    kind.push_back(static_cast<std::int16_t>(based_.second));
    seq.push_back(static_cast<std::int64_t>(last));
    state.push_back(base);
    ++count;
  }
  if (count != 0)
    db_.run_binary("put_bases",
                   {entity.take(), kind.take(), seq.take(), state.take()});
  return rows.size() == order.rows;
}

std::string housekeeper::fold(const upkeep_order& order, entity_ref entity,
                              std::uint64_t from, const std::string& base,
                              std::uint64_t to) {
  std::vector<journal_row> rows;
  for (auto row :
       db_.run("to_fold", {written(to_key(entity)), written(entity.kind),
                           written(from), written(to)})) {
    journal_row x;
    x.entity = entity;
    x.seq = natural(row[0]);
    x.kind = text(row[1]);
    x.payload = text(row[2]);
    rows.push_back(std::move(x));
  }
  auto out = rows.size() == to - from && order.fold
               ? order.fold(entity, base, rows)
               : std::nullopt;
  if (!out)
    throw unavailable_error{"the journal of " + to_string(entity)
                            + " does not fold up to event " + std::to_string(to)
                            + ": nothing is trimmed (see hansom check)"};
  return *out;
}

upkeep_step housekeeper::drop(const upkeep_order& order) {
  auto published = order.published
                     ? written_array(*order.published, [](auto x) { return x; })
                     : "";
  auto rows = db_.run("drop_days", {written(order.self), written(first_day_),
                                    written(last_day_), published});
  auto gone = rows[0][0].as<std::int64_t>();
  auto whole = day_of(order.before);
  if (gone == -1 && last_day_ + 1 < whole) {
    ++last_day_; // Interwoven: the next day goes along.
    based_ = no_entity;
    return {0, true, {}};
  }
  last_day_ = first_day_ - 1;
  if (gone == -1)
    return {0, false, "days are interwoven; the next one has to go along"};
  if (gone == -2)
    return {0, false, "events wait to be published"};
  if (gone == -3) // Somebody moved meanwhile.
    return {0, false, "an entity has no base yet; next time"};
  return {static_cast<std::uint64_t>(gone), true, {}};
}

} // namespace hansom::store::postgres
