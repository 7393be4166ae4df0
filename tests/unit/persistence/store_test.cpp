#include "tests/unit/persistence/store_fixture.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

using namespace hansom;
using namespace hansom::store;
using namespace hansom::store::testing;

namespace {

/// A store whose shards all belong to its first incarnation, at epoch 1.
template <class Backend>
struct owned_store : Backend {
  owned_store() {
    auto& from = this->make();
    db = from.open();
    db->migrate();
    self = db->start_incarnation("a", {1});
    db->claim_shards(self, {1});
  }

  std::unique_ptr<connection> db;
  incarnation self = 0;
};

using enum outcome;
using list = std::vector<outcome>;

} // namespace

TEST_CASE_TEMPLATE("a write is stored whole", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto x = with_command(step(trip(1), 1), rider_id{7}, "c-1");
  x.events.push_back({"second", "{\"text\":\"\xc3\xa9\"}"});
  x =
    with_take(with_transfer(std::move(x), "fare/1", 950), claim_kind::rider, 7);
  REQUIRE(outcome_of(*s.db, x) == committed);

  auto found = s.db->load(trip(1));
  REQUIRE(found);
  CHECK(found->entity == entity_ref{trip(1)});
  CHECK(found->rev == 2);
  CHECK(found->active);
  CHECK(found->state == x.state);

  auto rows = s.db->journal_of(trip(1));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].seq == 1);
  CHECK(rows[1].seq == 2);
  CHECK(rows[0].entity == entity_ref{trip(1)});
  CHECK(rows[0].written_epoch == 1);
  CHECK(rows[0].at == x.at);
  CHECK(rows[1].kind == "second");
  CHECK(rows[1].payload == "{\"text\":\"\xc3\xa9\"}");
  CHECK(rows[1].command == x.command);
  CHECK(s.db->journal_of(trip(1), 1).size() == 1);

  auto command = s.db->find_command(*x.command);
  REQUIRE(command);
  CHECK(command->entity == x.entity);
  CHECK(command->seq == 1);
  CHECK(s.db->holder_of({claim_kind::rider, 7}) == x.entity);

  std::vector<transfer_row> ledger;
  s.db->scan_transfers([&](auto& row) { ledger.push_back(row); });
  REQUIRE(ledger.size() == 1);
  CHECK(ledger[0].what.key == "fare/1");
  CHECK(ledger[0].what.debit == "rider/1");
  CHECK(ledger[0].what.amount == money{950, {}});
  CHECK(ledger[0].entity == x.entity);
}

TEST_CASE_TEMPLATE("an empty batch changes nothing, first or later", Backend,
                   ALL_STORES) {
  owned_store<Backend> s;
  CHECK(s.db->commit({}).empty());
  CHECK(outcome_of(*s.db, step(trip(1), 1)) == committed);
  CHECK(s.db->commit({}).empty());
  CHECK(outcome_of(*s.db, step(trip(1), 2)) == committed);
  std::size_t rows = 0;
  s.db->scan_journal([&](const journal_row& x) { CHECK(x.seq == ++rows); });
  CHECK(rows == 2);
}

TEST_CASE_TEMPLATE("what is not there is not found", Backend, ALL_STORES) {
  owned_store<Backend> s;
  CHECK_FALSE(s.db->load(trip(1)));
  CHECK_FALSE(s.db->load(driver_id{1}));
  CHECK_FALSE(s.db->find_command({rider_id{1}, "x"}));
  CHECK_FALSE(s.db->holder_of({claim_kind::driver, 1}));
  CHECK(s.db->journal_of(trip(1)).empty());
  CHECK(s.db->journal_after(0, 0, 10).empty());
}

TEST_CASE_TEMPLATE("a stale epoch writes nothing", Backend, ALL_STORES) {
  owned_store<Backend> s;
  REQUIRE(outcome_of(*s.db, step(trip(1), 1)) == committed);
  auto taker = s.connections->open();
  auto next = taker->start_incarnation("b", {2});
  REQUIRE(next > s.self);
  auto owned = taker->claim_shards(next, {2});
  REQUIRE(owned.size() == shard_count);
  CHECK(owned[5].now == 2);
  CHECK(owned[5].owner == next);

  auto late = with_take(with_command(step(trip(1), 2), rider_id{1}, "late"),
                        claim_kind::driver, 9);
  CHECK(outcomes(*s.db, {late, step(trip(1), 2, 2)})
        == list{stale_epoch, committed});
  CHECK(outcome_of(*s.db, step(trip(2), 1, 3)) == stale_epoch);
  CHECK(outcome_of(*s.db, step(trip(2), 1, 0)) == stale_epoch);
  CHECK_FALSE(s.db->find_command(*late.command));
  CHECK_FALSE(s.db->holder_of({claim_kind::driver, 9}));
  CHECK(s.db->journal_of(trip(1)).at(1).written_epoch == 2);
}

TEST_CASE_TEMPLATE("claiming again keeps the epoch", Backend, ALL_STORES) {
  owned_store<Backend> s;
  for (auto& row : s.db->claim_shards(s.self, {2}))
    CHECK(row.now == 1);
  std::size_t history = 0;
  s.db->scan_shard_history([&](auto& row) {
    ++history;
    CHECK(row.owner == s.self);
    CHECK(row.at_epoch == 1);
  });
  CHECK(history == shard_count);
}

TEST_CASE_TEMPLATE("a command takes effect once", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto first = with_command(step(trip(1), 1), rider_id{7}, "c");
  first = with_take(std::move(first), claim_kind::rider, 7);
  // The retry builds another trip; within a batch and in a later one.
  auto retry = with_command(step(trip(2), 1), rider_id{7}, "c");
  retry = with_take(std::move(retry), claim_kind::rider, 7);
  auto results = s.db->commit({first, retry});
  CHECK(results[0].what == committed);
  CHECK(results[1].what == duplicate_command);
  CHECK(results[1].first_entity == first.entity);
  CHECK(results[1].first_seq == 1);
  CHECK(outcome_of(*s.db, retry) == duplicate_command);
  CHECK(outcome_of(*s.db, first) == duplicate_command);
  CHECK_FALSE(s.db->load(trip(2)));
  // The same id from somebody else, or from a driver of that number, is new.
  CHECK(outcome_of(*s.db, with_command(step(trip(3), 1), rider_id{8}, "c"))
        == committed);
  CHECK(outcome_of(*s.db, with_command(step(trip(4), 1), driver_id{7}, "c"))
        == committed);
}

TEST_CASE_TEMPLATE("who holds several claims is one question", Backend,
                   ALL_STORES) {
  owned_store<Backend> s;
  CHECK(s.db->holders_of({}).empty());
  auto x = with_take(with_take(step(trip(1), 1), claim_kind::driver, 7),
                     claim_kind::rider, 7);
  REQUIRE(outcome_of(*s.db, x) == committed);
  REQUIRE(outcome_of(*s.db, with_take(step(trip(2), 1), claim_kind::driver, 8))
          == committed);
  std::vector<claim> asked{{claim_kind::driver, 9}, // Nobody's.
                           {claim_kind::driver, 7},
                           {claim_kind::driver_next, 7},
                           {claim_kind::driver, 8}};
  auto found = s.db->holders_of(asked);
  std::sort(found.begin(), found.end(),
            [](auto& a, auto& b) { return a.what < b.what; });
  REQUIRE(found.size() == 2);
  CHECK(found[0].what == claim{claim_kind::driver, 7});
  CHECK(found[0].holder == entity_ref{trip(1)});
  CHECK(found[1].what == claim{claim_kind::driver, 8});
  CHECK(found[1].holder == entity_ref{trip(2)});
}

TEST_CASE_TEMPLATE("one holder per claim", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto kind = claim_kind::driver;
  auto loser =
    with_command(with_take(step(trip(2), 1), kind, 9), driver_id{9}, "accept");
  loser.take.insert(loser.take.begin(), {claim_kind::rider, 5});
  auto results = s.db->commit({with_take(step(trip(1), 1), kind, 9), loser});
  CHECK(results[0].what == committed);
  CHECK(results[1].what == claim_lost);
  CHECK(results[1].lost == claim{kind, 9});
  CHECK(s.db->holder_of({kind, 9}) == entity_ref{trip(1)});
  // The loser left nothing behind: neither its other claim nor its command.
  CHECK_FALSE(s.db->holder_of({claim_kind::rider, 5}));
  CHECK_FALSE(s.db->find_command(*loser.command));
  CHECK_FALSE(s.db->load(trip(2)));
  CHECK(outcome_of(*s.db, loser) == claim_lost);

  // Holding it oneself is fine; another kind of claim is another right.
  CHECK(outcome_of(*s.db, with_take(step(trip(1), 2), kind, 9)) == committed);
  CHECK(outcome_of(*s.db, with_take(step(trip(3), 1), claim_kind::rider, 9))
        == committed);
  // Only the holder can release.
  CHECK(outcome_of(*s.db, with_release(step(trip(3), 2), kind, 9))
        == committed);
  CHECK(s.db->holder_of({kind, 9}) == entity_ref{trip(1)});
  CHECK(outcomes(*s.db, {with_release(step(trip(1), 3), kind, 9), loser})
        == list{committed, committed});
  CHECK(s.db->holder_of({kind, 9}) == entity_ref{trip(2)});
}

TEST_CASE_TEMPLATE("release comes before take", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto next = claim_kind::driver_next;
  auto now = claim_kind::driver;
  REQUIRE(outcome_of(*s.db, with_take(step(trip(1), 1), next, 9)) == committed);
  auto promote = with_take(with_release(step(trip(1), 2), next, 9), now, 9);
  CHECK(outcome_of(*s.db, promote) == committed);
  CHECK_FALSE(s.db->holder_of({next, 9}));
  CHECK(s.db->holder_of({now, 9}) == entity_ref{trip(1)});
  auto both = with_take(with_release(step(trip(1), 3), now, 9), now, 9);
  CHECK(outcome_of(*s.db, both) == committed);
  CHECK(s.db->holder_of({now, 9}) == entity_ref{trip(1)});
}

TEST_CASE_TEMPLATE("sequences are dense", Backend, ALL_STORES) {
  owned_store<Backend> s;
  CHECK(outcome_of(*s.db, step(trip(1), 2)) == sequence_conflict);
  auto two = step(trip(1), 1);
  two.events.push_back({"more", "{}"});
  CHECK(outcome_of(*s.db, two) == committed);
  for (std::uint64_t seq : {1, 2, 4})
    CHECK(outcome_of(*s.db, step(trip(1), seq)) == sequence_conflict);
  auto held = with_command(with_take(step(trip(1), 4), claim_kind::driver, 1),
                           driver_id{1}, "c");
  CHECK(outcome_of(*s.db, held) == sequence_conflict);
  CHECK_FALSE(s.db->holder_of({claim_kind::driver, 1}));
  CHECK_FALSE(s.db->find_command(*held.command));
  CHECK(outcome_of(*s.db, step(trip(1), 3)) == committed);
  CHECK(s.db->journal_of(trip(1)).size() == 3);
}

TEST_CASE_TEMPLATE("after a failed step the next one fails too", Backend,
                   ALL_STORES) {
  owned_store<Backend> s;
  auto bad = with_transfer(step(trip(1), 2), "k", -5);
  CHECK(outcomes(*s.db, {step(trip(1), 1), bad, step(trip(1), 3)})
        == list{committed, rejected, sequence_conflict});
}

TEST_CASE_TEMPLATE("per shard the journal has no gap", Backend, ALL_STORES) {
  owned_store<Backend> s;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    auto shard = static_cast<shard_id>(n % 3);
    auto loser = with_take(step(trip(100 + n, shard), 1), claim_kind::rider, 1);
    s.db->commit({step(trip(n, shard), 1), loser, step(trip(n, shard), 2)});
  }
  for (shard_id shard : {0, 1, 2}) {
    std::uint64_t after = 0;
    for (;;) {
      auto rows = s.db->journal_after(shard, after, 4);
      if (rows.empty())
        break;
      for (auto& row : rows) {
        CHECK(row.shard == shard);
        CHECK(row.shard_seq == after + 1);
        after = row.shard_seq;
      }
    }
    CHECK(after >= 12);
  }
}

TEST_CASE_TEMPLATE("the ledger refuses bad transfers", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto good = with_transfer(step(trip(1), 1), "fare/1", 100);
  auto zero = with_transfer(step(trip(2), 1), "fare/2", 0);
  auto self = with_transfer(step(trip(3), 1), "fare/3", 1, "a", "a");
  auto nameless = with_transfer(step(trip(4), 1), "", 1);
  auto twice = with_transfer(step(trip(5), 1), "fare/1", 100);
  twice = with_take(std::move(twice), claim_kind::driver, 4);
  // The bad ones neither get in nor take the good ones with them.
  CHECK(outcomes(*s.db, {good, zero, self, nameless, twice, step(trip(6), 1)})
        == list{committed, rejected, rejected, rejected, rejected, committed});
  CHECK_FALSE(s.db->load(trip(5)));
  CHECK_FALSE(s.db->holder_of({claim_kind::driver, 4}));
  std::size_t n = 0;
  s.db->scan_transfers([&](auto&) { ++n; });
  CHECK(n == 1);
  auto rows = s.db->journal_after(3, 0, 100);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].shard_seq == 2);
}

TEST_CASE_TEMPLATE("a malformed write is rejected", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto empty = step(trip(1), 1);
  empty.events.clear();
  auto zero = step(trip(1), 0);
  auto lost = step(trip(1), 1);
  lost.shard = 999;
  auto strange = step(trip(1), 1);
  strange.entity.kind = static_cast<entity_kind>(9);
  CHECK(outcomes(*s.db, {empty, zero, lost, strange})
        == list{rejected, rejected, rejected, rejected});
}

TEST_CASE_TEMPLATE("active entities are loaded by shard", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto over = step(trip(2), 2);
  over.active = false;
  auto driver = step(trip(4), 1);
  driver.entity = driver_id{~0ULL}; // The highest id there is.
  s.db->commit({step(trip(1), 1), step(trip(2), 1), over,
                step(trip(3, shard_id{4}), 1), driver});
  std::vector<entity_ref> found;
  s.db->for_each_active(3, [&](stored_entity x) {
    found.push_back(x.entity);
    CHECK(s.db->load(x.entity)); // A visitor may read.
  });
  std::sort(found.begin(), found.end());
  CHECK(found
        == std::vector<entity_ref>{driver_id{~0ULL}, entity_ref{trip(1)}});
}

TEST_CASE_TEMPLATE("scans visit everything", Backend, ALL_STORES) {
  owned_store<Backend> s;
  auto x = with_command(with_take(step(trip(1), 1), claim_kind::quote, 77),
                        rider_id{1}, "c");
  s.db->commit({x, step(trip(1), 2)});
  std::size_t journal = 0, entities = 0, claims = 0, commands = 0;
  s.db->scan_journal([&](auto& row) { CHECK(row.seq == ++journal); });
  s.db->scan_entities([&](auto& row) {
    ++entities;
    CHECK(row.entity == x.entity);
    CHECK(row.rev == 2);
  });
  s.db->scan_claims([&](auto& row) {
    ++claims;
    CHECK(row.what == claim{claim_kind::quote, 77});
    CHECK(row.holder == x.entity);
  });
  s.db->scan_commands([&](auto& row) {
    ++commands;
    CHECK(row.key == *x.command);
    CHECK(row.seq == 1);
  });
  CHECK(journal == 2);
  CHECK(entities == 1);
  CHECK(claims == 1);
  CHECK(commands == 1);
}

TEST_CASE_TEMPLATE("a restart keeps the data and raises the epochs", Backend,
                   ALL_STORES) {
  owned_store<Backend> s;
  s.db->commit({with_take(step(trip(1), 1), claim_kind::driver, 1)});
  s.db.reset();
  auto* again = s.reopen();
  if (!again)
    return;
  auto db = again->open();
  db->migrate();
  auto self = db->start_incarnation("a", {2});
  CHECK(self == s.self + 1);
  auto rows = db->claim_shards(self, {2});
  CHECK(rows.at(0).now == 2);
  CHECK(rows.at(255).now == 2);
  CHECK(outcome_of(*db, step(trip(1), 2, 1)) == stale_epoch);
  CHECK(outcome_of(*db, step(trip(1), 2, 2)) == committed);
  CHECK(db->journal_after(3, 1, 10).at(0).shard_seq == 2);
  CHECK(db->holder_of({claim_kind::driver, 1}) == entity_ref{trip(1)});
}

TEST_CASE("a second user of the folder is refused by name") {
  on_disk s;
  s.make();
  auto folder = s.folder.path() + "/data";
  try {
    make_sqlite(folder);
    FAIL("the folder was opened twice");
  } catch (const std::runtime_error& e) {
    std::string text = e.what();
    CHECK(text.find("process " + std::to_string(::getpid()))
          != std::string::npos);
    CHECK(text.find(folder) != std::string::npos);
  }
  namespace fs = std::filesystem;
  CHECK((fs::status(folder).permissions() & fs::perms::mask)
        == fs::perms::owner_all);
}

TEST_CASE("reading only needs no lock and cannot write") {
  owned_store<on_disk> s;
  s.db->commit({step(trip(1), 1)});
  auto only = make_sqlite(s.folder.path() + "/data", true);
  auto reader = only->open();
  CHECK(reader->load(trip(1)));
  CHECK_THROWS_AS(reader->commit({step(trip(1), 2)}), unavailable_error);
  CHECK_THROWS_WITH_AS(make_sqlite("/nonexistent/x", true),
                       "there is no store in /nonexistent/x "
                       "(/nonexistent/x/hansom.db does not exist)",
                       std::runtime_error);
}

TEST_CASE("a full disk loses and acknowledges nothing") {
  owned_store<on_disk> s;
  // A limit on the size of files stands in for the disk.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 2 << 20;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::uint64_t stored = 0;
  bool full = false;
  while (!full && stored < 1'000) {
    std::vector batch{step(trip(1), stored + 1), step(trip(2), stored + 1)};
    batch[0].state.assign(50'000, 'x');
    try {
      auto got = outcomes(*s.db, batch); // CHECK would catch the error.
      CHECK(got == list{committed, committed});
      ++stored;
    } catch (const unavailable_error&) {
      full = true;
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(full);
  REQUIRE(stored > 0);
  CHECK(s.db->load(trip(1))->rev == stored);
  CHECK(s.db->load(trip(2))->rev == stored);
  // With room again, the same connection goes on without a gap.
  CHECK(outcomes(*s.db, {step(trip(1), stored + 1), step(trip(2), stored + 1)})
        == list{committed, committed});
  CHECK(s.db->journal_after(3, 2 * stored, 9).at(1).shard_seq
        == 2 * stored + 2);
}
