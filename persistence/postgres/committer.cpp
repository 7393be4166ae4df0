#include "persistence/postgres/committer.hpp"

#include "persistence/keys.hpp"

#include <pqxx/pqxx>
#include <spdlog/spdlog.h>

#include <numeric>

namespace hansom::store::postgres {

namespace {

/// Two nodes that meet again and again is bad luck; then the batch waits.
constexpr int collisions_max = 5;

std::uint64_t bits(const pqxx::field& x) {
  return static_cast<std::uint64_t>(x.as<std::int64_t>());
}

/// One obstacle, as `commit_batch` tells it.
result to_result(const pqxx::row& row) {
  result out;
  out.what = static_cast<outcome>(row[1].as<int>());
  if (out.what == outcome::duplicate_command) {
    out.first_entity =
      to_entity(row[2].as<std::int64_t>(), row[3].as<std::int64_t>());
    out.first_seq = bits(row[4]);
  }
  if (out.what == outcome::claim_lost)
    out.lost = {static_cast<claim_kind>(row[2].as<int>()), bits(row[3])};
  return out;
}

} // namespace

committer::committer(session& db, shared_state& shared)
  : db_{db}, shared_{shared} {
  db_.prepare("commit_batch", commit_sql());
  db_.prepare("recall", "SELECT hansom.recall_trips($1::bigint[])");
  db_.prepare("numbers",
              "SELECT s.shard, greatest(s.last_seq, (SELECT max(j.shard_seq) "
              "FROM hansom.journal j WHERE j.shard = s.shard)) FROM "
              "hansom.shard s WHERE s.shard = ANY($1::smallint[])");
}

std::vector<result> committer::commit(const std::vector<write>& batch) {
  std::vector<result> results(batch.size());
  indices good;
  good.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto defect = find_defect(batch[i]);
    if (!defect.empty()) {
      results[i].what = outcome::rejected;
      spdlog::error("store: rejected a write of {}: {}",
                    to_string(batch[i].entity), defect);
    } else if (batch[i].claimed_epoch == 0) {
      results[i].what = outcome::stale_epoch; // Nobody's shard has epoch 0.
    } else {
      good.push_back(i);
    }
  }
  if (!shared_.last)
    load_counters();
  if (good.empty() && !batch.empty())
    return results;
  load_counters(batch, good);
  commit(batch, good, results);
  indices again;
  try {
    if (recall(batch, good, results, again))
      commit(batch, again, results);
  } catch (const unavailable_error& later) {
    throw unknown_outcome_error{later.what()}; // The others are in.
  }
  return results;
}

/// A closed trip that is written to once more, which is rare, comes back from
/// the history first.
bool committer::recall(const std::vector<write>& batch, const indices& chosen,
                       std::vector<result>& results, indices& again) {
  std::string ids = "{";
  for (auto i : chosen) {
    auto& x = batch[i];
    if (results[i].what != outcome::sequence_conflict
        || x.entity.kind != entity_kind::trip || x.first_seq == 1)
      continue;
    again.push_back(i);
    ids += (ids.size() > 1 ? "," : "") + std::to_string(to_key(x.entity));
  }
  if (again.empty())
    return false;
  try {
    auto rows = db_.run("recall", {ids + '}'});
    if (rows[0][0].as<int>() == 0)
      return false;
  } catch (const failure& e) {
    throw unavailable_error{e.what()};
  }
  for (auto i : again)
    results[i] = {};
  return true;
}

void committer::commit(const std::vector<write>& batch, const indices& chosen,
                       std::vector<result>& results) {
  try {
    auto obstacles = send(parameters_of(batch, chosen, *shared_.last));
    take_over(obstacles, batch, chosen, results);
  } catch (const failure& e) {
    if (e.outcome_unknown()) {
      shared_.last.reset();
      shared_.doubtful.push_back(db_.which());
      throw unknown_outcome_error{e.what()};
    }
    if (!e.is_row_fault() || chosen.empty())
      throw unavailable_error{e.what()};
    if (chosen.size() > 1) {
      // One row spoils all: halve until it is alone. Order is kept, and what
      // does not share its half goes on.
      auto middle =
        chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2);
      commit(batch, {chosen.begin(), middle}, results);
      try {
        commit(batch, {middle, chosen.end()}, results);
      } catch (const unavailable_error& later) {
        throw unknown_outcome_error{later.what()}; // The first half is in.
      }
      return;
    }
    results[chosen[0]].what = outcome::rejected;
    spdlog::error("store: rejected a write of {}: {}",
                  to_string(batch[chosen[0]].entity), e.what());
  }
}

pqxx::result committer::send(const batch_parameters& what) {
  for (int attempt = 1;; ++attempt) {
    try {
      return db_.run_binary("commit_batch", what.values);
    } catch (const failure& e) {
      if (!e.is_collision() || attempt == collisions_max)
        throw;
    }
  }
}

void committer::take_over(const pqxx::result& obstacles,
                          const std::vector<write>& batch,
                          const indices& chosen, std::vector<result>& results) {
  for (auto row : obstacles)
    results[chosen.at(row[0].as<std::size_t>() - 1)] = to_result(row);
  for (auto i : chosen)
    if (results[i].what == outcome::committed)
      (*shared_.last)[batch[i].shard] += batch[i].events.size();
}

void committer::load_counters() {
  try {
    shard_counters last{};
    for (auto row : db_.execute(
           "SELECT s.shard, greatest(s.last_seq, (SELECT max(j.shard_seq) FROM "
           "hansom.journal j WHERE j.shard = s.shard)) FROM hansom.shard s"))
      last.at(row[0].as<std::size_t>()) = bits(row[1]);
    shared_.last = last;
    shared_.epochs = {};
  } catch (const failure& e) {
    throw unavailable_error{e.what()};
  }
}

/// A shard of a new epoch was somebody else's until then, who has numbered on.
/// Nobody can have since: the fence would refuse him, or us.
void committer::load_counters(const std::vector<write>& batch,
                              const indices& chosen) {
  std::string shards;
  auto epochs = shared_.epochs;
  for (auto i : chosen) {
    auto& x = batch[i];
    if (epochs.at(x.shard) == x.claimed_epoch)
      continue;
    epochs.at(x.shard) = x.claimed_epoch;
    shards += (shards.empty() ? "" : ",") + std::to_string(x.shard);
  }
  if (shards.empty())
    return;
  try {
    for (auto row : db_.run("numbers", {'{' + shards + '}'}))
      shared_.last->at(row[0].as<std::size_t>()) = bits(row[1]);
    shared_.epochs = epochs;
  } catch (const failure& e) {
    throw unavailable_error{e.what()};
  }
}

} // namespace hansom::store::postgres
