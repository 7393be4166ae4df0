#include "persistence/sqlite/reader.hpp"

namespace hansom::store::sqlite {

namespace {

constexpr entity_kind all_kinds[] = {entity_kind::driver, entity_kind::rider,
                                     entity_kind::trip, entity_kind::cell};

constexpr std::string_view journal_columns =
  "SELECT shard, shard_seq, kind, entity, seq, epoch, at, event, payload, "
  "client_kind, client, command FROM journal ";

journal_row to_journal_row(const statement& x) {
  journal_row out;
  out.shard = static_cast<shard_id>(x.integer(0));
  out.shard_seq = x.natural(1);
  out.entity = to_entity(x.integer(2), x.integer(3));
  out.seq = x.natural(4);
  out.written_epoch = x.natural(5);
  out.at.ms = x.integer(6);
  out.kind = x.text(7);
  out.payload = x.text(8);
  if (!x.is_null(11)) {
    entity_ref client{static_cast<entity_kind>(x.integer(9)), x.natural(10)};
    out.command = command_key{client, x.text(11)};
  }
  return out;
}

stored_entity to_stored_entity(entity_kind kind, const statement& x) {
  stored_entity out;
  out.entity = to_entity(to_number(kind), x.integer(0));
  out.rev = x.natural(1);
  out.active = x.integer(2) != 0;
  out.state = x.text(3);
  return out;
}

std::string select_state(entity_kind kind, std::string_view where) {
  std::string out = "SELECT id, rev, active, state FROM ";
  out += state_table(kind);
  out += where;
  return out;
}

std::string select_journal(std::string_view where) {
  return std::string{journal_columns} + std::string{where};
}

std::vector<journal_row> collect(statement& rows) {
  std::vector<journal_row> out;
  while (rows.step())
    out.push_back(to_journal_row(rows));
  return out;
}

} // namespace

reader::reader(database& db)
  : db_{db},
    find_command_{db, "SELECT kind, entity, seq FROM command WHERE client = ? "
                      "AND command = ? AND client_kind = ?"},
    find_claim_{db, "SELECT kind, entity FROM claim WHERE key = ? "
                    "AND claim_kind = ?"},
    load_closed_{db, "SELECT id, rev, 0, state FROM trip_history "
                     "WHERE id = ?"} {
  for (std::size_t i = 0; i < load_.size(); ++i)
    load_[i] = std::make_unique<statement>(
      db, select_state(all_kinds[i], " WHERE id = ?"));
}

std::optional<stored_entity> reader::load(entity_ref entity) {
  auto index = static_cast<std::size_t>(entity.kind) - 1;
  if (index >= load_.size())
    return std::nullopt;
  auto& find = *load_[index];
  find.bind(to_key(entity));
  reset_guard guard{find};
  if (find.step())
    return to_stored_entity(entity.kind, find);
  if (entity.kind != entity_kind::trip)
    return std::nullopt;
  auto in_history = [&]() -> std::optional<stored_entity> {
    load_closed_.bind(to_key(entity));
    reset_guard closed{load_closed_};
    if (!load_closed_.step())
      return std::nullopt;
    return to_stored_entity(entity.kind, load_closed_);
  };
  if (auto out = in_history())
    return out;
  find.reset(); // It may have come back just now.
  if (!find.step())
    return std::nullopt;
  return to_stored_entity(entity.kind, find);
}

void reader::for_each_active(shard_id shard,
                             const std::function<void(stored_entity)>& visit) {
  for (auto kind : all_kinds) {
    statement rows{db_, select_state(kind, " WHERE active = 1 AND shard = ?")};
    rows.bind(static_cast<int>(shard));
    while (rows.step())
      visit(to_stored_entity(kind, rows));
  }
}

std::optional<command_row> reader::find_command(const command_key& key) {
  find_command_.bind(key.client.id, key.id, to_number(key.client.kind));
  reset_guard guard{find_command_};
  if (!find_command_.step())
    return std::nullopt;
  return command_row{
    key, to_entity(find_command_.integer(0), find_command_.integer(1)),
    find_command_.natural(2)};
}

std::optional<entity_ref> reader::holder_of(claim what) {
  find_claim_.bind(what.key, to_number(what.kind));
  reset_guard guard{find_claim_};
  if (!find_claim_.step())
    return std::nullopt;
  return to_entity(find_claim_.integer(0), find_claim_.integer(1));
}

std::vector<journal_row> reader::journal_of(entity_ref entity,
                                            std::size_t limit) {
  statement rows{db_, select_journal("WHERE entity = ? AND kind = ? "
                                     "ORDER BY seq LIMIT ?")};
  rows.bind(to_key(entity), to_number(entity.kind),
            static_cast<std::int64_t>(limit));
  return collect(rows);
}

std::vector<journal_row>
reader::journal_after(shard_id shard, std::uint64_t after, std::size_t limit) {
  statement rows{db_, select_journal("WHERE shard = ? AND shard_seq > ? "
                                     "ORDER BY shard_seq LIMIT ?")};
  rows.bind(static_cast<int>(shard), after, static_cast<std::int64_t>(limit));
  return collect(rows);
}

void reader::scan_journal(
  const std::function<void(const journal_row&)>& visit) {
  statement rows{db_, select_journal("ORDER BY pos")};
  while (rows.step())
    visit(to_journal_row(rows));
}

void reader::scan_entities(
  const std::function<void(const stored_entity&)>& visit) {
  for (auto kind : all_kinds) {
    statement rows{db_, select_state(kind, " ORDER BY id")};
    while (rows.step())
      visit(to_stored_entity(kind, rows));
  }
  statement closed{db_, "SELECT id, rev, 0, state FROM trip_history "
                        "ORDER BY id"};
  while (closed.step())
    visit(to_stored_entity(entity_kind::trip, closed));
}

void reader::scan_bases(
  const std::function<void(const stored_entity&)>& visit) {
  statement rows{db_, "SELECT kind, entity, seq, state FROM journal_base"};
  while (rows.step())
    visit({to_entity(rows.integer(0), rows.integer(1)), rows.natural(2), false,
           rows.text(3)});
}

timestamp reader::commands_since() {
  statement find{db_, "SELECT value FROM meta WHERE name = 'commands_since'"};
  return {find.step() ? std::stoll(find.text(0)) : 0};
}

void reader::scan_trims(const std::function<void(const trim_row&)>& visit) {
  statement rows{db_, "SELECT shard, trimmed_seq FROM shard "
                      "WHERE trimmed_seq > 0"};
  while (rows.step())
    visit({static_cast<shard_id>(rows.integer(0)), rows.natural(1)});
}

void reader::scan_claims(const std::function<void(const claim_row&)>& visit) {
  statement rows{db_, "SELECT claim_kind, key, kind, entity FROM claim"};
  while (rows.step())
    visit({{static_cast<claim_kind>(rows.integer(0)), rows.natural(1)},
           to_entity(rows.integer(2), rows.integer(3))});
}

void reader::scan_transfers(
  const std::function<void(const transfer_row&)>& visit) {
  statement rows{db_, "SELECT key, debit, credit, minor, currency, kind, "
                      "entity, seq FROM transfer"};
  while (rows.step()) {
    currency unit{static_cast<std::uint32_t>(rows.integer(4))};
    visit({{rows.text(0), rows.text(1), rows.text(2), {rows.integer(3), unit}},
           to_entity(rows.integer(5), rows.integer(6)),
           rows.natural(7)});
  }
}

void reader::scan_commands(
  const std::function<void(const command_row&)>& visit) {
  statement rows{db_, "SELECT client_kind, client, command, kind, entity, seq "
                      "FROM command"};
  while (rows.step()) {
    entity_ref client{static_cast<entity_kind>(rows.integer(0)),
                      rows.natural(1)};
    visit({{client, rows.text(2)},
           to_entity(rows.integer(3), rows.integer(4)),
           rows.natural(5)});
  }
}

void reader::scan_shard_history(
  const std::function<void(const shard_history_row&)>& visit) {
  statement rows{db_, "SELECT shard, epoch, owner, at FROM shard_history "
                      "ORDER BY shard, epoch"};
  while (rows.step())
    visit({static_cast<shard_id>(rows.integer(0)),
           rows.natural(1),
           rows.natural(2),
           {rows.integer(3)}});
}

} // namespace hansom::store::sqlite
