#include "persistence/sqlite/committer.hpp"

#include "persistence/sqlite/housekeeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace hansom::store::sqlite {

committer::state_statements::state_statements(database& db, entity_kind kind)
  : insert{db, std::string{"INSERT INTO "} + state_table(kind)
                 + " VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
    update{db, std::string{"UPDATE "} + state_table(kind)
                 + " SET rev = ?3, active = ?4, state = ?5"
                   " WHERE id = ?1 AND rev = ?2"},
    rev{db,
        std::string{"SELECT rev FROM "} + state_table(kind) + " WHERE id = ?"} {
}

committer::committer(database& db)
  : db_{db}, begin_{db, "BEGIN IMMEDIATE"}, commit_{db, "COMMIT"},
    insert_command_{db, "INSERT INTO command VALUES(?, ?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING"},
    find_command_{db, "SELECT kind, entity, seq FROM command WHERE client = ? "
                      "AND command = ? AND client_kind = ?"},
    delete_command_{db, "DELETE FROM command WHERE client = ? AND command = ? "
                        "AND client_kind = ?"},
    insert_claim_{db, "INSERT INTO claim VALUES(?, ?, ?, ?) "
                      "ON CONFLICT DO NOTHING"},
    find_claim_{db, "SELECT kind, entity FROM claim WHERE key = ? "
                    "AND claim_kind = ?"},
    delete_claim_{db, "DELETE FROM claim WHERE key = ? AND claim_kind = ? "
                      "AND entity = ? AND kind = ?"},
    insert_transfer_{db, "INSERT INTO transfer VALUES(?, ?, ?, ?, ?, ?, ?, ?)"},
    insert_journal_{db, "INSERT INTO journal VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, "
                        "?, ?, ?, ?, ?)"} {
  for (std::size_t i = 0; i < states_.size(); ++i)
    states_[i] =
      std::make_unique<state_statements>(db, static_cast<entity_kind>(i + 1));
}

std::vector<result> committer::commit(const std::vector<write>& batch,
                                      shard_table& shards) {
  std::vector<result> results(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto defect = find_defect(batch[i]);
    if (defect.empty())
      continue;
    results[i].what = outcome::rejected;
    spdlog::error("store: rejected a write of {}: {}",
                  to_string(batch[i].entity), defect);
  }
  // Each round either ends or finds one more guilty row.
  for (;;) {
    auto next = shards;
    current_ = batch.size();
    try {
      run(batch, results, next);
      shards = next;
      return results;
    } catch (const failure& e) {
      db_.roll_back();
      if (!e.is_row_fault() || current_ == batch.size())
        throw;
      results[current_] = {};
      results[current_].what = outcome::rejected;
      spdlog::error("store: rejected a write of {}: {}",
                    to_string(batch[current_].entity), e.what());
    }
  }
}

void committer::run(const std::vector<write>& batch,
                    std::vector<result>& results, shard_table& shards) {
  begin_.run();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (results[i].what == outcome::rejected)
      continue;
    current_ = i;
    results[i] = apply(batch[i], shards[batch[i].shard]);
  }
  current_ = batch.size();
  commit_.run();
}

result committer::apply(const write& x, shard_now& shard) {
  result out;
  if (x.claimed_epoch == 0 || x.claimed_epoch != shard.now) {
    out.what = outcome::stale_epoch;
    return out;
  }
  // Insert first and ask afterwards: the usual write finds nothing in its way,
  // so each table is visited once. What got in before an obstacle is undone.
  taken_.clear();
  if (x.command && !insert_command(x))
    return first_effect(*x.command);
  if (!insert_claims(x, out.lost)) {
    undo(x);
    out.what =
      fits_sequence(x) ? outcome::claim_lost : outcome::sequence_conflict;
    if (out.what != outcome::claim_lost)
      out.lost = {};
    return out;
  }
  if (!put_state(x)) {
    undo(x);
    out.what = outcome::sequence_conflict;
    return out;
  }
  release_claims(x);
  insert_transfers(x);
  append_journal(x, shard);
  return out;
}

bool committer::insert_command(const write& x) {
  auto& key = *x.command;
  insert_command_
    .bind(key.client.id, key.id, to_number(key.client.kind), to_key(x.entity),
          to_number(x.entity.kind), x.first_seq, x.at.ms)
    .run();
  return db_.changes() != 0;
}

result committer::first_effect(const command_key& key) {
  result out;
  out.what = outcome::duplicate_command;
  find_command_.bind(key.client.id, key.id, to_number(key.client.kind));
  reset_guard guard{find_command_};
  if (find_command_.step()) {
    out.first_entity =
      to_entity(find_command_.integer(0), find_command_.integer(1));
    out.first_seq = find_command_.natural(2);
  }
  return out;
}

bool committer::insert_claims(const write& x, claim& lost) {
  for (auto& c : x.take) {
    insert_claim_
      .bind(c.key, to_number(c.kind), to_key(x.entity),
            to_number(x.entity.kind))
      .run();
    if (db_.changes() != 0) {
      taken_.push_back(c);
      continue;
    }
    find_claim_.bind(c.key, to_number(c.kind));
    reset_guard guard{find_claim_};
    if (!find_claim_.step()
        || to_entity(find_claim_.integer(0), find_claim_.integer(1))
             != x.entity) {
      lost = c;
      return false;
    }
  }
  return true;
}

bool committer::put_state(const write& x) {
  auto& to = states(x.entity.kind);
  auto id = to_key(x.entity);
  auto rev = x.first_seq + x.events.size() - 1;
  int active = x.active ? 1 : 0;
  if (x.first_seq == 1) {
    to.insert.bind(id, rev, static_cast<int>(x.shard), active, x.state).run();
    return db_.changes() != 0;
  }
  auto update = [&] {
    to.update.bind(id, x.first_seq - 1, rev, active, x.state).run();
    return db_.changes() != 0;
  };
  // A closed trip that is written to once more, which is rare.
  return update()
         || (x.entity.kind == entity_kind::trip
             && recall_trip(db_, x.entity, x.first_seq) && update());
}

bool committer::fits_sequence(const write& x) {
  auto& rev = states(x.entity.kind).rev;
  rev.bind(to_key(x.entity));
  reset_guard guard{rev};
  if (rev.step())
    return rev.natural(0) + 1 == x.first_seq;
  if (x.entity.kind != entity_kind::trip)
    return x.first_seq == 1;
  statement closed{db_, "SELECT rev FROM trip_history WHERE id = ?"};
  closed.bind(to_key(x.entity));
  return (closed.step() ? closed.natural(0) : 0) + 1 == x.first_seq;
}

void committer::release_claims(const write& x) {
  for (auto& c : x.release) {
    // Release comes before take, so a claim in both lists stays.
    if (std::find(x.take.begin(), x.take.end(), c) != x.take.end())
      continue;
    delete_claim_
      .bind(c.key, to_number(c.kind), to_key(x.entity),
            to_number(x.entity.kind))
      .run();
  }
}

void committer::insert_transfers(const write& x) {
  for (auto& t : x.transfers)
    insert_transfer_
      .bind(t.key, t.debit, t.credit, t.amount.minor, t.amount.unit.packed,
            to_key(x.entity), to_number(x.entity.kind), x.first_seq)
      .run();
}

void committer::append_journal(const write& x, shard_now& shard) {
  auto seq = x.first_seq;
  for (auto& e : x.events) {
    auto& row = insert_journal_;
    row.bind(static_cast<int>(x.shard), ++shard.last_seq, to_key(x.entity),
             to_number(x.entity.kind), seq++, x.claimed_epoch, x.at.ms, e.kind,
             e.payload);
    if (x.command) {
      row.bind_one(10, x.command->client.id);
      row.bind_one(11, to_number(x.command->client.kind));
      row.bind_one(12, x.command->id);
    } else {
      row.bind_one(10, nullptr);
      row.bind_one(11, nullptr);
      row.bind_one(12, nullptr);
    }
    row.run();
  }
}

void committer::undo(const write& x) {
  if (x.command)
    delete_command_
      .bind(x.command->client.id, x.command->id,
            to_number(x.command->client.kind))
      .run();
  for (auto& c : taken_)
    delete_claim_
      .bind(c.key, to_number(c.kind), to_key(x.entity),
            to_number(x.entity.kind))
      .run();
}

} // namespace hansom::store::sqlite
