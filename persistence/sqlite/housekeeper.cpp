#include "persistence/sqlite/housekeeper.hpp"

#include <map>

namespace hansom::store::sqlite {

namespace {

constexpr int trip_kind = static_cast<int>(entity_kind::trip);

struct found_state {
  std::uint64_t rev = 0;
  std::string state;
};

std::optional<found_state> look_up(database& db, const std::string& sql,
                                   entity_ref who) {
  statement find{db, sql};
  find.bind(to_key(who));
  if (!find.step())
    return std::nullopt;
  return found_state{find.natural(0), find.text(1)};
}

std::vector<std::int64_t> keys_of(statement& rows) {
  std::vector<std::int64_t> out;
  while (rows.step())
    out.push_back(rows.integer(0));
  return out;
}

} // namespace

bool recall_trip(database& db, entity_ref trip, std::uint64_t first_seq) {
  auto id = to_key(trip);
  statement back{db, "INSERT INTO state_trip(id, rev, shard, active, state) "
                     "SELECT id, rev, shard, 0, state FROM trip_history "
                     "WHERE id = ? AND rev = ?"};
  back.bind(id, first_seq - 1).run();
  if (db.changes() == 0)
    return false;
  statement{db, "INSERT OR REPLACE INTO journal_base(entity, kind, seq, state) "
                "SELECT h.id, ?2, h.rev, h.state FROM trip_history h "
                "WHERE h.id = ?1 AND NOT EXISTS (SELECT 1 FROM journal j "
                "WHERE j.entity = h.id AND j.kind = ?2 AND j.seq = h.rev)"}
    .bind(id, trip_kind)
    .run();
  statement{db, "DELETE FROM trip_history WHERE id = ?"}.bind(id).run();
  return true;
}

upkeep_step housekeeper::step(const upkeep_order& order) {
  if (order.what == upkeep_task::prepare_days
      || order.what == upkeep_task::settle_strays)
    return {}; // The journal is one table here.
  db_.execute("BEGIN IMMEDIATE");
  try {
    auto out = work(order);
    db_.execute("COMMIT");
    return out;
  } catch (...) {
    db_.roll_back();
    throw;
  }
}

upkeep_step housekeeper::work(const upkeep_order& order) {
  switch (order.what) {
  case upkeep_task::keep_trips:
    return keep_trips(order);
  case upkeep_task::blur_positions:
    return blur_positions(order);
  case upkeep_task::trim_journal:
    return trim(order);
  case upkeep_task::forget_commands:
    return forget_commands(order);
  default:
    return {};
  }
}

upkeep_step housekeeper::keep_trips(const upkeep_order& order) {
  statement closed{db_, "SELECT id, rev FROM state_trip WHERE active = 0 "
                        "AND id > ? AND id < ? ORDER BY id LIMIT ?"};
  statement is_young{db_, "SELECT 1 FROM journal WHERE entity = ? AND kind = ? "
                          "AND seq = ? AND at >= ?"};
  closed.bind(last_trip_, first_trip_of(order.before),
              static_cast<std::int64_t>(order.rows));
  std::vector<std::int64_t> ids;
  std::size_t seen = 0;
  while (closed.step()) {
    ++seen;
    last_trip_ = closed.integer(0);
    is_young.bind(last_trip_, trip_kind, closed.integer(1), order.before.ms);
    reset_guard guard{is_young};
    if (!is_young.step())
      ids.push_back(last_trip_);
  }
  closed.reset();
  statement keep{db_,
                 "INSERT INTO trip_history(id, rev, shard, blurred, state) "
                 "SELECT id, rev, shard, 0, state FROM state_trip "
                 "WHERE id = ?"};
  statement leave{db_, "DELETE FROM state_trip WHERE id = ?"};
  for (auto id : ids) {
    keep.bind(id).run();
    leave.bind(id).run();
  }
  upkeep_step out{ids.size(), seen == order.rows, {}};
  if (!out.more)
    last_trip_ = std::numeric_limits<std::int64_t>::min();
  return out;
}

upkeep_step housekeeper::blur_positions(const upkeep_order& order) {
  statement exact{db_, "SELECT id FROM trip_history WHERE blurred = 0 "
                       "AND id < ? ORDER BY id LIMIT ?"};
  exact.bind(first_trip_of(order.before),
             static_cast<std::int64_t>(order.rows));
  auto ids = keys_of(exact);
  exact.reset();
  // Each: where the text is, and how it is put back.
  statement events{db_, "SELECT pos, payload FROM journal "
                        "WHERE entity = ? AND kind = ?"};
  statement put_event{db_, "UPDATE journal SET payload = ?2 WHERE pos = ?1"};
  statement put_state{db_, "UPDATE trip_history SET blurred = 1, state = ?2 "
                           "WHERE id = ?1"};
  statement put_base{db_, "UPDATE journal_base SET state = ?2 "
                          "WHERE entity = ?1 AND kind = ?3"};
  for (auto id : ids) {
    auto trip = to_entity(trip_kind, id);
    std::vector<std::pair<std::int64_t, std::string>> coarse;
    events.bind(id, trip_kind);
    while (events.step()) {
      auto before = events.text(1);
      if (auto after = blurred(before); after != before)
        coarse.emplace_back(events.integer(0), std::move(after));
    }
    events.reset();
    for (auto& [pos, payload] : coarse)
      put_event.bind(pos, payload).run();
    auto state =
      look_up(db_, "SELECT rev, state FROM trip_history WHERE id = ?", trip);
    auto text = blurred(state ? state->state : std::string{});
    put_state.bind(id, text).run();
    auto base = look_up(db_,
                        "SELECT seq, state FROM journal_base "
                        "WHERE entity = ? AND kind = 3",
                        trip);
    if (!base)
      continue;
    text = blurred(base->state);
    put_base.bind(id, text, trip_kind).run();
  }
  return {ids.size(), ids.size() == order.rows, {}};
}

upkeep_step housekeeper::forget_commands(const upkeep_order& order) {
  statement{db_, "DELETE FROM command WHERE (client, command, client_kind) IN "
                 "(SELECT client, command, client_kind FROM command "
                 "WHERE at < ? ORDER BY at LIMIT ?)"}
    .bind(order.before.ms, static_cast<std::int64_t>(order.rows))
    .run();
  auto gone = static_cast<std::uint64_t>(db_.changes());
  if (gone != 0)
    statement{db_, "INSERT INTO meta VALUES('commands_since', ?1) ON "
                   "CONFLICT(name) DO UPDATE SET value = ?1 "
                   "WHERE CAST(value AS INTEGER) < CAST(?1 AS INTEGER)"}
      .bind(std::to_string(order.before.ms))
      .run();
  return {gone, gone == order.rows, {}};
}

// -- the journal's end --------------------------------------------------------

upkeep_step housekeeper::trim(const upkeep_order& order) {
  statement oldest{db_, "SELECT pos, shard, shard_seq, kind, entity, seq, at, "
                        "event, payload FROM journal ORDER BY pos LIMIT ?"};
  oldest.bind(static_cast<std::int64_t>(order.rows));
  std::vector<journal_row> rows;
  std::int64_t last_pos = 0;
  upkeep_step out;
  while (oldest.step() && oldest.integer(6) < order.before.ms) {
    journal_row x;
    x.shard = static_cast<shard_id>(oldest.integer(1));
    x.shard_seq = oldest.natural(2);
    if (order.published && x.shard_seq > (*order.published)[x.shard]) {
      out.waits = "events wait to be published";
      break;
    }
    last_pos = oldest.integer(0);
    x.entity = to_entity(oldest.integer(3), oldest.integer(4));
    x.seq = oldest.natural(5);
    x.kind = oldest.text(7);
    x.payload = oldest.text(8);
    rows.push_back(std::move(x));
  }
  oldest.reset();
  std::map<entity_ref, std::vector<journal_row>> by_entity;
  for (auto& x : rows)
    by_entity[x.entity].push_back(x);
  for (auto& [entity, theirs] : by_entity)
    put_base(order, entity, theirs);
  drop(rows, last_pos);
  out.rows = rows.size();
  out.more = rows.size() == order.rows;
  return out;
}

void housekeeper::put_base(const upkeep_order& order, entity_ref entity,
                           const std::vector<journal_row>& rows) {
  auto last = rows.back().seq;
  auto kind = to_number(entity.kind);
  if (entity.kind == entity_kind::trip) {
    auto closed =
      look_up(db_, "SELECT rev, state FROM trip_history WHERE id = ?", entity);
    if (closed && closed->rev == last) { // Goes altogether: no base is needed.
      statement{db_, "DELETE FROM journal_base WHERE entity = ? AND kind = ?"}
        .bind(to_key(entity), kind)
        .run();
      return;
    }
  }
  std::string table = state_table(entity.kind);
  auto base =
    look_up(db_, "SELECT rev, state FROM " + table + " WHERE id = ?", entity);
  if (!base || base->rev != last) {
    auto before = look_up(db_,
                          "SELECT seq, state FROM journal_base WHERE "
                          "entity = ? AND kind = "
                            + std::to_string(kind),
                          entity);
    auto from = before ? before->rev : 0;
    auto state =
      order.fold && rows.front().seq == from + 1 && rows.size() == last - from
        ? order.fold(entity, before ? before->state : "", rows)
        : std::nullopt;
    if (!state)
      throw unavailable_error{
        "the journal of " + to_string(entity) + " does not fold up to event "
        + std::to_string(last) + ": nothing is trimmed (see hansom check)"};
    base = found_state{last, *state};
  }
  statement{db_, "INSERT OR REPLACE INTO journal_base VALUES(?, ?, ?, ?)"}
    .bind(to_key(entity), kind, last, base->state)
    .run();
}

void housekeeper::drop(const std::vector<journal_row>& rows,
                       std::int64_t last_pos) {
  if (rows.empty())
    return;
  std::map<shard_id, std::uint64_t> trimmed;
  for (auto& x : rows)
    trimmed[x.shard] = x.shard_seq; // They come in order.
  // The last word on numbers, before the rows that said it are gone.
  statement remember{db_, "UPDATE shard SET trimmed_seq = ? WHERE shard = ?"};
  for (auto& [shard, seq] : trimmed)
    remember.bind(seq, static_cast<int>(shard)).run();
  statement{db_, "DELETE FROM journal WHERE pos <= ?"}.bind(last_pos).run();
}

} // namespace hansom::store::sqlite
