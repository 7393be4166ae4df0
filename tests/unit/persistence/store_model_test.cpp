#include "tests/unit/persistence/store_fixture.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>

namespace hansom::store::testing {

namespace {

/// The interface's promises in twenty lines of maps.
class model {
public:
  std::map<entity_ref, std::uint64_t> revs;
  std::map<claim, entity_ref> claims;
  std::map<command_key, std::pair<entity_ref, std::uint64_t>> commands;
  std::set<std::string> transfers;
  std::map<shard_id, std::uint64_t> shard_seqs;

  outcome apply(const write& x) {
    for (std::size_t i = 0; i < x.transfers.size(); ++i)
      if (x.transfers[i].amount.minor <= 0)
        return outcome::rejected;
    if (x.claimed_epoch != 1)
      return outcome::stale_epoch;
    if (x.command && commands.count(*x.command))
      return outcome::duplicate_command;
    if (revs[x.entity] + 1 != x.first_seq)
      return outcome::sequence_conflict;
    for (auto& c : x.take)
      if (auto i = claims.find(c); i != claims.end() && i->second != x.entity)
        return outcome::claim_lost;
    for (auto& t : x.transfers)
      if (transfers.count(t.key))
        return outcome::rejected;
    for (auto& c : x.release)
      if (auto i = claims.find(c); i != claims.end() && i->second == x.entity)
        claims.erase(i);
    for (auto& c : x.take)
      claims[c] = x.entity;
    for (auto& t : x.transfers)
      transfers.insert(t.key);
    if (x.command)
      commands[*x.command] = {x.entity, x.first_seq};
    revs[x.entity] += x.events.size();
    shard_seqs[x.shard] += x.events.size();
    return outcome::committed;
  }
};

/// Few names, so that everything collides with everything.
write any_write(const model& now) {
  auto shard = *rc::gen::inRange<int>(0, 3);
  auto id = trip(static_cast<std::uint64_t>(*rc::gen::inRange(1, 6)),
                 static_cast<shard_id>(shard));
  auto known = now.revs.find(id);
  auto rev = known == now.revs.end() ? 0 : known->second;
  // Mostly the right number; sometimes one too far or one too few.
  auto skew = *rc::gen::weightedElement<int>({{12, 1}, {1, 0}, {1, 2}});
  auto x = step(id, std::max<std::uint64_t>(rev + skew, 1));
  x.claimed_epoch = *rc::gen::weightedElement<epoch>({{20, 1}, {1, 2}});
  if (*rc::gen::arbitrary<bool>())
    x.events.push_back({"extra", "{}"});
  auto any_claim = [] {
    return claim{*rc::gen::element(claim_kind::driver, claim_kind::rider),
                 static_cast<std::uint64_t>(*rc::gen::inRange(1, 4))};
  };
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n)
    x.take.push_back(any_claim());
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n)
    x.release.push_back(any_claim());
  if (*rc::gen::inRange(0, 3) == 0)
    x = with_command(std::move(x), rider_id{1},
                     std::to_string(*rc::gen::inRange(1, 30)));
  if (*rc::gen::inRange(0, 5) == 0)
    x = with_transfer(std::move(x), std::to_string(*rc::gen::inRange(1, 30)),
                      *rc::gen::weightedElement<int>({{9, 5}, {1, 0}}));
  return x;
}

void compare(connection& db, const model& m) {
  std::map<claim, entity_ref> claims;
  db.scan_claims([&](auto& row) { claims[row.what] = row.holder; });
  RC_ASSERT(claims == m.claims);
  decltype(m.commands) commands;
  db.scan_commands([&](auto& row) {
    commands[row.key] = {row.entity, row.seq};
  });
  RC_ASSERT(commands == m.commands);
  std::set<std::string> transfers;
  db.scan_transfers([&](auto& row) { transfers.insert(row.what.key); });
  RC_ASSERT(transfers == m.transfers);
  std::map<entity_ref, std::uint64_t> journal;
  std::map<shard_id, std::uint64_t> shards;
  db.scan_journal([&](auto& row) {
    RC_ASSERT(row.seq == ++journal[row.entity]);
    RC_ASSERT(row.shard_seq == ++shards[row.shard]);
  });
  RC_ASSERT(shards == m.shard_seqs);
  std::size_t stored = 0;
  db.scan_entities([&](auto& row) {
    ++stored;
    RC_ASSERT(row.rev == journal[row.entity]);
  });
  RC_ASSERT(stored == journal.size());
}

} // namespace

TEST_CASE_TEMPLATE("any batches leave the store as the model says", Backend,
                   in_memory, on_postgres) {
  auto ok = rc::check("store equals model", [] {
    Backend s;
    auto db = s.make().open();
    db->migrate();
    db->claim_shards(db->start_incarnation("a", {1}), {1});
    model m;
    for (int batches = *rc::gen::inRange(1, 6); batches > 0; --batches) {
      std::vector<write> batch;
      std::vector<outcome> expected;
      for (int n = *rc::gen::inRange(1, 12); n > 0; --n) {
        batch.push_back(any_write(m));
        expected.push_back(m.apply(batch.back()));
      }
      RC_ASSERT(outcomes(*db, batch) == expected);
    }
    // `revs[x]` of the model also holds what was only asked for.
    compare(*db, m);
  });
  CHECK(ok);
}

} // namespace hansom::store::testing
