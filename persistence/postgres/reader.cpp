#include "persistence/postgres/reader.hpp"

#include "persistence/keys.hpp"
#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/values.hpp"

#include <pqxx/pqxx>

namespace hansom::store::postgres {

namespace {

constexpr const char* journal_columns =
  "SELECT shard, shard_seq, kind, entity, seq, epoch, at, event, payload, "
  "client_kind, client, command FROM hansom.journal ";

journal_row to_journal_row(const pqxx::row& x) {
  journal_row out;
  out.shard = static_cast<shard_id>(integer(x[0]));
  out.shard_seq = natural(x[1]);
  out.entity = to_entity(integer(x[2]), integer(x[3]));
  out.seq = natural(x[4]);
  out.written_epoch = natural(x[5]);
  out.at.ms = integer(x[6]);
  out.kind = text(x[7]);
  out.payload = text(x[8]);
  if (!x[11].is_null()) {
    entity_ref client{static_cast<entity_kind>(integer(x[9])), natural(x[10])};
    out.command = command_key{client, text(x[11])};
  }
  return out;
}

stored_entity to_stored_entity(const pqxx::row& x) {
  stored_entity out;
  out.entity = to_entity(integer(x[0]), integer(x[1]));
  out.rev = natural(x[2]);
  out.active = x[3].as<bool>();
  out.state = text(x[4]);
  return out;
}

std::vector<journal_row> collect(const pqxx::result& rows) {
  std::vector<journal_row> out;
  out.reserve(rows.size());
  for (auto row : rows)
    out.push_back(to_journal_row(row));
  return out;
}

} // namespace

reader::reader(session& db) : db_{db} {
  const std::string journal = journal_columns;
  db_.prepare("load", "SELECT kind, id, rev, active, state FROM "
                      "hansom.entity_state WHERE id = $1 AND kind = $2");
  db_.prepare("load_closed", "SELECT 3, id, rev, false, state FROM "
                             "hansom.trip_history WHERE id = $1::bigint "
                             "AND day = hansom.day_of_trip($1::bigint)");
  db_.prepare("active", "SELECT kind, id, rev, active, state FROM "
                        "hansom.entity_state WHERE active AND shard = $1");
  db_.prepare("command", "SELECT kind, entity, seq FROM hansom.command WHERE "
                         "client = $1 AND client_kind = $2 AND command = $3");
  db_.prepare("claim", "SELECT kind, entity FROM hansom.claim "
                       "WHERE key = $1 AND claim_kind = $2");
  db_.prepare("claims", "SELECT x.no, c.kind, c.entity "
                        "FROM unnest($1::bigint[], $2::smallint[]) "
                        "WITH ORDINALITY AS x(key, claim_kind, no) "
                        "JOIN hansom.claim c ON c.key = x.key "
                        "AND c.claim_kind = x.claim_kind");
  db_.prepare("journal_of", journal
                              + "WHERE entity = $1 AND kind = $2 "
                                "ORDER BY seq LIMIT $3::bigint");
  db_.prepare("journal_after", journal
                                 + "WHERE shard = $1 AND shard_seq > $2 "
                                   "ORDER BY shard_seq "
                                   "LIMIT $3::bigint");
  db_.prepare("happened",
              "SELECT x.no, j.client_kind, j.client, j.command "
              "FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], "
              "$4::bigint[]) WITH ORDINALITY AS x(entity, kind, seq, epoch, no)"
              " JOIN hansom.journal j ON j.entity = x.entity "
              "AND j.kind = x.kind AND j.seq = x.seq AND j.epoch = x.epoch");
}

std::optional<stored_entity> reader::load(entity_ref entity) {
  auto rows = db_.run("load", {written(to_key(entity)), written(entity.kind)});
  if (rows.empty() && entity.kind == entity_kind::trip)
    rows = db_.run("load_closed", {written(to_key(entity))});
  if (rows.empty()
      && entity.kind == entity_kind::trip) // It came back just now.
    rows = db_.run("load", {written(to_key(entity)), written(entity.kind)});
  if (rows.empty())
    return std::nullopt;
  return to_stored_entity(rows[0]);
}

void reader::for_each_active(shard_id shard,
                             const std::function<void(stored_entity)>& visit) {
  for (auto row : db_.run("active", {written(shard)}))
    visit(to_stored_entity(row));
}

std::optional<command_row> reader::find_command(const command_key& key) {
  auto rows = db_.run(
    "command", {written(key.client.id), written(key.client.kind), key.id});
  if (rows.empty())
    return std::nullopt;
  auto row = rows[0];
  return command_row{key, to_entity(integer(row[0]), integer(row[1])),
                     natural(row[2])};
}

std::optional<entity_ref> reader::holder_of(claim what) {
  auto rows = db_.run("claim", {written(what.key), written(what.kind)});
  if (rows.empty())
    return std::nullopt;
  return to_entity(integer(rows[0][0]), integer(rows[0][1]));
}

std::vector<claim_row> reader::holders_of(const std::vector<claim>& what) {
  array_parameter<std::int64_t> key;
  array_parameter<std::int16_t> kind;
  for (auto& x : what) {
    key.push_back(static_cast<std::int64_t>(x.key));
    kind.push_back(static_cast<std::int16_t>(x.kind));
  }
  std::vector<claim_row> out;
  for (auto row : db_.run_binary("claims", {key.take(), kind.take()}))
    out.push_back({what.at(static_cast<std::size_t>(integer(row[0]) - 1)),
                   to_entity(integer(row[1]), integer(row[2]))});
  return out;
}

std::vector<journal_row> reader::journal_of(entity_ref entity,
                                            std::size_t limit) {
  return collect(db_.run("journal_of", {written(to_key(entity)),
                                        written(entity.kind), written(limit)}));
}

std::vector<journal_row>
reader::journal_after(shard_id shard, std::uint64_t after, std::size_t limit) {
  return collect(
    db_.run("journal_after", {written(shard), written(after), written(limit)}));
}

std::vector<bool> reader::which_happened(const std::vector<write>& batch) {
  array_parameter<std::int64_t> entity, seq, now;
  array_parameter<std::int16_t> kind;
  for (auto& x : batch) {
    entity.push_back(to_key(x.entity));
    kind.push_back(static_cast<std::int16_t>(x.entity.kind));
    seq.push_back(static_cast<std::int64_t>(x.first_seq));
    now.push_back(static_cast<std::int64_t>(x.claimed_epoch));
  }
  std::vector<bool> out(batch.size());
  for (auto row : db_.run_binary(
         "happened", {entity.take(), kind.take(), seq.take(), now.take()})) {
    std::optional<command_key> command;
    if (!row[3].is_null()) {
      entity_ref client{static_cast<entity_kind>(integer(row[1])),
                        natural(row[2])};
      command = command_key{client, text(row[3])};
    }
    auto i = static_cast<std::size_t>(integer(row[0]) - 1);
    out[i] = command == batch.at(i).command;
  }
  return out;
}

void reader::scan_journal(
  const std::function<void(const journal_row&)>& visit) {
  db_.scan(std::string{journal_columns} + "ORDER BY pos",
           [&](auto& row) { visit(to_journal_row(row)); });
}

void reader::scan_entities(
  const std::function<void(const stored_entity&)>& visit) {
  db_.scan("SELECT kind, id, rev, active, state FROM hansom.entity_state "
           "UNION ALL SELECT 3, id, rev, false, state FROM hansom.trip_history "
           "ORDER BY 1, 2",
           [&](auto& row) { visit(to_stored_entity(row)); });
}

void reader::scan_claims(const std::function<void(const claim_row&)>& visit) {
  db_.scan("SELECT claim_kind, key, kind, entity FROM hansom.claim",
           [&](auto& x) {
             visit({{static_cast<claim_kind>(integer(x[0])), natural(x[1])},
                    to_entity(integer(x[2]), integer(x[3]))});
           });
}

void reader::scan_transfers(
  const std::function<void(const transfer_row&)>& visit) {
  db_.scan("SELECT key, debit, credit, minor, currency, kind, entity, seq FROM "
           "hansom.transfer",
           [&](auto& x) {
             currency unit{static_cast<std::uint32_t>(integer(x[4]))};
             visit({{text(x[0]), text(x[1]), text(x[2]), {integer(x[3]), unit}},
                    to_entity(integer(x[5]), integer(x[6])),
                    natural(x[7])});
           });
}

void reader::scan_commands(
  const std::function<void(const command_row&)>& visit) {
  db_.scan(
    "SELECT client_kind, client, command, kind, entity, seq FROM "
    "hansom.command",
    [&](auto& x) {
      entity_ref client{static_cast<entity_kind>(integer(x[0])), natural(x[1])};
      visit({{client, text(x[2])},
             to_entity(integer(x[3]), integer(x[4])),
             natural(x[5])});
    });
}

void reader::scan_shard_history(
  const std::function<void(const shard_history_row&)>& visit) {
  db_.scan("SELECT shard, epoch, owner, at FROM hansom.shard_history "
           "ORDER BY shard, epoch",
           [&](auto& x) {
             visit({static_cast<shard_id>(integer(x[0])),
                    natural(x[1]),
                    natural(x[2]),
                    {integer(x[3])}});
           });
}

void reader::scan_bases(
  const std::function<void(const stored_entity&)>& visit) {
  db_.scan("SELECT kind, entity, seq, false, state FROM hansom.journal_base",
           [&](auto& row) { visit(to_stored_entity(row)); });
}

timestamp reader::commands_since() {
  auto text = db_.value("SELECT value FROM hansom.meta "
                        "WHERE name = 'commands_since'");
  return {text.empty() ? 0 : std::stoll(text)};
}

void reader::scan_trims(const std::function<void(const trim_row&)>& visit) {
  db_.scan("SELECT shard, trimmed_seq FROM hansom.shard WHERE trimmed_seq > 0",
           [&](auto& x) {
             visit({static_cast<shard_id>(integer(x[0])), natural(x[1])});
           });
}

} // namespace hansom::store::postgres
