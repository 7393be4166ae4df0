#include "persistence/journal_writer.hpp"
#include "persistence/lasting.hpp"
#include "persistence/postgres/batch.hpp"
#include "persistence/postgres/session.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <map>
#include <numeric>
#include <thread>

// What only a server can do: be shared, be cut off, be killed.

namespace hansom::store::testing {

namespace {

using namespace std::chrono_literals;
using enum outcome;
using list = std::vector<outcome>;

postgres_server& server() {
  return postgres_server::instance();
}

/// A factory per node, as in a cluster.
std::unique_ptr<factory> node_store() {
  postgres_options with;
  with.url = server().node_url();
  return make_postgres(with);
}

struct node {
  std::shared_ptr<factory> from = node_store();
  std::unique_ptr<connection> db = from->open();
  incarnation self = 0;
  epoch now = 0;

  void own(const std::string& name) {
    self = db->start_incarnation(name, {1});
    now = db->claim_shards(self, {1}).at(3).now;
  }
};

/// A session of the test's own.
struct hand {
  explicit hand(const std::string& url)
    : with{url, false, false, 0ms, 0ms, 0ms, 60s}, db{with, dog} {
  }
  std::string ask(const std::string& sql) {
    return db.value(sql);
  }

  postgres_options with;
  postgres::watchdog dog;
  postgres::session db;
};

/// Waits until the condition holds; @returns whether it did.
template <class F>
bool soon(F f) {
  for (int i = 0; i < 200; ++i) {
    if (f())
      return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

constexpr const char* writers_waiting =
  "SELECT count(*) FROM pg_stat_activity WHERE usename = 'node' AND "
  "wait_event_type = 'Lock'";

} // namespace

TEST_CASE("a running node may neither drop nor alter nor forget") {
  server().forget_everything();
  hand as_node{server().node_url()};
  for (auto sql : {"DROP TABLE hansom.journal", "TRUNCATE hansom.journal",
                   "ALTER TABLE hansom.claim ADD COLUMN x integer",
                   "DELETE FROM hansom.journal", "DELETE FROM hansom.command",
                   "UPDATE hansom.journal SET payload = '{}'",
                   "UPDATE hansom.transfer SET minor = 1",
                   "DELETE FROM hansom.entity_state", "DROP SCHEMA hansom",
                   "CREATE TABLE hansom.x(y integer)",
                   "UPDATE hansom.migration SET checksum = 0",
                   "DROP FUNCTION hansom.prepare_journal_days"}) {
    CAPTURE(sql);
    try {
      as_node.db.execute(sql);
      FAIL_CHECK("was allowed");
    } catch (const postgres::failure& e) {
      CHECK(e.state() == "42501"); // Insufficient privilege.
    }
  }
}

TEST_CASE("journal days are prepared, and others are kept") {
  server().forget_everything();
  node a;
  a.own("a"); // At the beginning of 1970: days 0 to 6.
  auto old = step(trip(1), 1);
  auto today = step(trip(2), 1);
  today.at = {2 * 86'400'000 + 5};
  REQUIRE(outcomes(*a.db, {old, today}) == list{committed, committed});
  hand owner{server().owner_url()};
  CHECK(owner.ask("SELECT count(*) FROM hansom.journal_2") == "1");
  CHECK(owner.ask("SELECT count(*) FROM hansom.journal_other") == "1");
  CHECK(a.db->journal_after(3, 0, 10).size() == 2);
}

TEST_CASE("migrations are applied once, and edits are noticed") {
  postgres_options with;
  with.url = server().make_database("migrations");
  auto before = postgres_migrations(with);
  REQUIRE(before.size() >= 2);
  CHECK_FALSE(before[0].applied);
  auto unmigrated = make_postgres(with);
  CHECK_THROWS_WITH_AS(
    unmigrated->open()->migrate(),
    "the database lacks schema migration 1 (first): run hansom db migrate as "
    "its owner",
    std::runtime_error);
  // Two at once: one works, the other waits and finds nothing to do.
  std::atomic<std::size_t> applied{0};
  std::thread other{[&] { applied += migrate_postgres(with).size(); }};
  applied += migrate_postgres(with).size();
  other.join();
  CHECK(applied == before.size());
  CHECK(migrate_postgres(with).empty());
  unmigrated->open()->migrate();
  for (auto& x : postgres_migrations(with))
    CHECK((x.applied && !x.strange && x.at.ms > 0));

  hand owner{with.url};
  owner.db.execute("INSERT INTO hansom.migration VALUES(99, 'later', 1)");
  try {
    unmigrated->open()->migrate();
    FAIL("a newer schema was accepted");
  } catch (const std::runtime_error& e) {
    CHECK(std::string{e.what()}.find("99 (later)") != std::string::npos);
  }
  owner.db.execute("DELETE FROM hansom.migration WHERE number = 99;"
                   "UPDATE hansom.migration SET checksum = 7 WHERE number = 1");
  CHECK_THROWS_AS(migrate_postgres(with), std::runtime_error);
}

TEST_CASE("a connection string is never printed") {
  CHECK(describe_postgres("postgresql://me:s3cret@db:77/rides")
        == "postgresql db:77/rides as me");
  for (auto url : {"host=db password=s3cret nonsense",
                   "postgresql://me:s3cret@db:77/rides?s3cret=1"}) {
    try {
      make_postgres({url});
      FAIL_CHECK("accepted");
    } catch (const std::runtime_error& e) {
      CHECK(std::string{e.what()}.find("s3cret") == std::string::npos);
    }
  }
}

TEST_CASE("a value that no column takes is found by halving") {
  server().forget_everything();
  node a;
  a.own("a");
  std::vector<write> batch;
  list expected;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    batch.push_back(step(trip(n), 1));
    expected.push_back(committed);
  }
  batch[6].state = "\xff\xfe"; // No UTF-8.
  batch[13].events[0].payload = std::string{"a\0b", 3};
  expected[6] = expected[13] = rejected;
  CHECK(outcomes(*a.db, batch) == expected);
  auto rows = a.db->journal_after(3, 0, 100);
  REQUIRE(rows.size() == 18);
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK(rows[i].shard_seq == i + 1);
}

TEST_CASE("writes that depend on each other keep their order in waves") {
  std::vector<write> batch{
    with_take(step(trip(1), 1), claim_kind::driver, 1),
    with_release(step(trip(1), 2), claim_kind::driver, 1),
    with_take(step(trip(2), 1), claim_kind::driver, 1),
    with_command(step(trip(3), 1), rider_id{1}, "c"),
    with_command(step(trip(4), 1), rider_id{1}, "c"),
    with_transfer(step(trip(5), 1), "k", 1),
    with_transfer(step(trip(6), 1), "k", 1),
    step(trip(7), 1)};
  std::vector<std::size_t> all(batch.size());
  std::iota(all.begin(), all.end(), 0U);
  CHECK(postgres::waves_of(batch, all)
        == std::vector<int>{1, 2, 3, 1, 2, 1, 2, 1});
}

TEST_CASE("a takeover waits for the write in flight, and fences the next") {
  server().forget_everything();
  node a;
  a.own("a");
  node b;
  hand blocker{server().owner_url()};
  // Holds the claim that the write wants: the write stands in mid-statement,
  // with its shard locked.
  blocker.db.execute("BEGIN; INSERT INTO hansom.claim VALUES(9, 1, 1, 3)");
  outcome first{}, second{};
  std::thread writing{[&] {
    first =
      outcome_of(*a.db, with_take(step(trip(1), 1), claim_kind::driver, 9));
    second = outcome_of(*a.db, step(trip(2), 1));
  }};
  hand eye{server().owner_url()};
  REQUIRE(soon([&] { return eye.ask(writers_waiting) == "1"; }));
  std::thread taking{[&] { b.own("b"); }};
  REQUIRE(soon([&] { return eye.ask(writers_waiting) == "2"; }));
  blocker.db.execute("ROLLBACK");
  writing.join();
  taking.join();
  CHECK(first == committed);
  CHECK(b.now == a.now + 1);
  // Whoever came second was not let in, unless it came before the takeover.
  if (second != committed)
    CHECK(second == stale_epoch);
  CHECK(outcome_of(*a.db, step(trip(3), 1, a.now)) == stale_epoch);
  CHECK(
    b.db->load(trip(1))); // The new owner sees the write that it waited for.
  CHECK(outcome_of(*b.db, step(trip(1), 2, b.now)) == committed);
}

TEST_CASE("two writers with different epochs: one gets in") {
  server().forget_everything();
  node a;
  a.own("a");
  node b;
  std::atomic<bool> stop{false};
  std::map<std::uint64_t, epoch> stored;
  std::thread old{[&] {
    for (std::uint64_t n = 1; !stop; ++n)
      if (outcome_of(*a.db, step(trip(n), 1, a.now)) == committed)
        stored[n] = a.now;
  }};
  std::this_thread::sleep_for(200ms);
  b.own("b");
  auto taken = b.db->journal_after(3, 0, 100'000).size();
  for (std::uint64_t n = 1; n <= 50; ++n)
    CHECK(outcome_of(*b.db, step(trip(100'000 + n), 1, b.now)) == committed);
  stop = true;
  old.join();
  auto rows = b.db->journal_after(3, 0, 100'000);
  REQUIRE(rows.size() == stored.size() + 50);
  CHECK(taken == stored.size()); // Nothing stale got in after the takeover.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].shard_seq == i + 1);
    CHECK(rows[i].written_epoch == (i < taken ? a.now : b.now));
  }
}

TEST_CASE("a connection that is cut in mid-statement") {
  server().forget_everything();
  node a;
  a.own("a");
  hand blocker{server().owner_url()};
  blocker.db.execute("BEGIN; INSERT INTO hansom.claim VALUES(9, 1, 1, 3)");
  std::atomic<bool> unknown{false};
  auto x = with_take(with_command(step(trip(1), 1), rider_id{1}, "c"),
                     claim_kind::driver, 9);
  std::thread writing{[&] {
    try {
      a.db->commit({x});
    } catch (const unknown_outcome_error&) {
      unknown = true;
    }
  }};
  hand eye{server().owner_url()};
  REQUIRE(soon([&] { return eye.ask(writers_waiting) == "1"; }));
  eye.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
          "usename = 'node' AND wait_event_type = 'Lock'");
  writing.join();
  blocker.db.execute("ROLLBACK");
  REQUIRE(unknown);
  CHECK_THROWS_AS(a.db->commit({x}), unavailable_error);
  a.db = a.from->open();
  CHECK(a.db->which_happened({x}) == std::vector<bool>{false});
  CHECK(outcome_of(*a.db, x) == committed);
  CHECK(a.db->which_happened({x}) == std::vector<bool>{true});
  auto other = x;
  other.command->id = "d"; // The same place, but not this write.
  CHECK(a.db->which_happened({other}) == std::vector<bool>{false});
  CHECK(a.db->journal_after(3, 0, 10).size() == 1);
}

TEST_CASE("a server that does not answer is left, and its work ended") {
  server().forget_everything();
  postgres_options with;
  with.url = server().node_url();
  with.statement_timeout = 60s;
  with.lock_timeout = 60s;
  with.answer_timeout = 500ms; // Before the server's own.
  auto from = make_postgres(with);
  auto db = from->open();
  auto rows = db->claim_shards(db->start_incarnation("a", {1}), {1});
  auto x = with_take(step(trip(1), 1, rows.at(3).now), claim_kind::driver, 9);
  hand blocker{server().owner_url()};
  blocker.db.execute("BEGIN; INSERT INTO hansom.claim VALUES(9, 1, 1, 3)");
  CHECK_THROWS_AS(db->commit({x}), unknown_outcome_error);
  hand eye{server().owner_url()};
  CHECK(eye.ask(writers_waiting) == "1"); // It still wants to write.
  auto next = from->open();
  CHECK(eye.ask(writers_waiting) == "0"); // Not any more.
  blocker.db.execute("ROLLBACK");
  CHECK(next->which_happened({x}) == std::vector<bool>{false});
  CHECK(outcome_of(*next, x) == committed);
}

namespace {

/// Sends trips' steps and keeps the answers; a trip goes on when its step is
/// durable, and says its step again when the store was unavailable.
struct crowd {
  std::map<std::uint64_t, std::uint64_t> acknowledged; ///< Trip -> step.
  std::map<std::uint64_t, int> answers;                ///< By token.
  std::atomic<std::uint64_t> done{0};
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  list strange;
};

caf::behavior riders(caf::event_based_actor* self, caf::actor writer, epoch now,
                     crowd* c, std::atomic<bool>* stop) {
  auto where = std::make_shared<
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>>>();
  auto send = [=](std::uint64_t n, std::uint64_t seq) {
    auto x = step(trip(n, static_cast<shard_id>(n % 7)), seq, now);
    x = with_command(std::move(x), rider_id{n}, std::to_string(seq));
    (*where)[++c->sent] = {n, seq};
    self->send(writer, commit_request{std::move(x), c->sent, true});
  };
  for (std::uint64_t n = 1; n <= 64; ++n)
    send(n, 1);
  return {
    [=](const commit_result& x) {
      auto [n, seq] = where->at(x.token);
      ++c->answers[x.token];
      auto ok = x.result.what == committed;
      if (ok)
        c->acknowledged[n] = seq;
      else if (x.result.what == unavailable)
        ++c->refused;
      else
        c->strange.push_back(x.result.what);
      ++c->done;
      if (!*stop)
        send(n, ok ? seq + 1 : seq);
    },
  };
}

} // namespace

TEST_CASE("a server that is killed and started under load loses nothing") {
  server().forget_everything();
  node a;
  a.own("a");
  caf::actor_system_config config;
  caf::actor_system system{config};
  auto stats = std::make_shared<journal_writer_stats>();
  auto writer =
    spawn_journal_writer(system, a.from, {64, 1'000, 1'000, 2s}, stats);
  crowd c;
  std::atomic<bool> stop{false};
  auto asker = system.spawn(riders, writer, a.now, &c, &stop);
  std::chrono::milliseconds slowest{0};
  for (int round = 0; round < 3; ++round) {
    auto before = c.done.load();
    REQUIRE(soon([&] { return c.done > before + 200; }));
    server().stop_immediately();
    REQUIRE(soon([&] { return stats->outage_began_ns != 0; }));
    if (round == 2) // Longer than anybody waits.
      std::this_thread::sleep_for(2500ms);
    server().start();
    auto accepts = std::chrono::steady_clock::now();
    REQUIRE(soon([&] { return stats->outage_began_ns == 0; }));
    slowest =
      std::max(slowest, std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now() - accepts));
  }
  MESSAGE("went on after ", slowest.count(), " ms at worst");
  stop = true;
  REQUIRE(soon([&] { return c.done == c.sent; }));
  MESSAGE("answered ", c.done.load(), ", told to retry ", c.refused,
          ", unknown and found out ", stats->uncertain.load(),
          ", serves again after ", slowest.count(), " ms at most");
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(writer, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  CHECK(c.strange == list{}); // No duplicate, no conflict: nothing doubled.
  CHECK(c.refused > 0);
  for (auto& [token, n] : c.answers)
    CHECK(n == 1);
  auto db = a.from->open();
  std::map<entity_ref, std::uint64_t> journal;
  std::map<shard_id, std::uint64_t> shards;
  std::size_t doubled = 0;
  db->scan_journal([&](const journal_row& row) {
    doubled +=
      row.seq != ++journal[row.entity] || row.shard_seq != ++shards[row.shard];
  });
  CHECK(doubled == 0);
  for (auto& [n, seq] : c.acknowledged)
    CHECK(journal[trip(n, static_cast<shard_id>(n % 7))] == seq);
}

TEST_CASE("a lasting reader outlives the server's restart") {
  server().forget_everything();
  node a;
  a.own("a");
  REQUIRE(outcome_of(*a.db, step(trip(1), 1, a.now)) == committed);
  auto reader = make_lasting(a.from);
  CHECK(reader->load(trip(1)));
  server().stop_immediately();
  CHECK_THROWS_AS(reader->load(trip(1)), unavailable_error);
  CHECK_THROWS_AS(reader->load(trip(1)), unavailable_error);
  server().start();
  CHECK(soon([&] {
    try {
      return reader->load(trip(1)).has_value();
    } catch (const unavailable_error&) {
      return false;
    }
  }));
  // A restart between two look-ups is not seen at all.
  server().stop_immediately();
  server().start();
  CHECK(reader->load(trip(1)));
  CHECK_THROWS_AS(reader->commit({step(trip(1), 2, a.now)}), unavailable_error);
}

} // namespace hansom::store::testing
