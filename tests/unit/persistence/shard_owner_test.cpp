#include "tests/unit/persistence/membership_fixture.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <set>

// Who owns which shard: races, takeovers, and what a fence lets through.

namespace hansom::store::testing {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

void forget() {
  postgres_server::instance().forget_everything();
}

postgres_options as_node() {
  postgres_options out;
  out.url = postgres_server::instance().node_url();
  return out;
}

long ms_since(clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(clock::now() - begin).count();
}

} // namespace

TEST_CASE("two nodes claim all shards at once, and each has one owner") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  std::vector<shard_row> seen;
  for (auto& x : a.rows->read_view().shards)
    seen.push_back(x.at);
  for (int round = 0; round < 10; ++round) {
    std::vector<shard_row> won[2];
    auto backwards = seen; // Taken in the shards' order all the same.
    std::reverse(backwards.begin(), backwards.end());
    {
      std::jthread one{[&] { won[0] = a.rows->claim_shards(a.self, seen); }};
      std::jthread two{
        [&] { won[1] = b.rows->claim_shards(b.self, backwards); }};
    }
    std::set<shard_id> all;
    for (auto& list : won)
      for (auto& x : list) {
        CHECK(all.insert(x.shard).second);
        CHECK(x.now == seen[x.shard].now + 1);
      }
    CHECK(all.size() == shard_count);
    CHECK(a.rows->release_shards(won[0]) == won[0].size());
    CHECK(b.rows->release_shards(won[1]) == won[1].size());
    CHECK(b.rows->release_shards(won[1]) == 0);
    for (auto& x : seen)
      x.now += 2;
  }
}

TEST_CASE("a claim takes what nobody alive owns, as it was seen") {
  forget();
  member a{"a"}, b{"b"}, c{"c"};
  a.activate();
  b.activate();
  c.join();
  CHECK(a.claim(0, 9).size() == 10);
  CHECK(b.claim(0, 9).empty());   // Its owner lives.
  CHECK(c.claim(10, 12).empty()); // Not active yet.
  kill(a, b);
  auto seen = b.shard(4);
  seen.now -= 1;
  CHECK(b.rows->claim_shards(b.self, {seen}).empty()); // An older epoch.
  seen.now += 1;
  seen.owner = b.self;
  CHECK(b.rows->claim_shards(b.self, {seen}).empty()); // Another owner.
  auto taken = b.claim(4, 5);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].shard == 4);
  CHECK(taken[0].now == 2);
  CHECK(taken[0].owner == b.self);
  CHECK(a.claim(0, 9).empty()); // The dead take nothing back.
  std::vector<epoch> epochs;
  b.writer().scan_shard_history([&](auto& x) {
    if (x.shard == 4)
      epochs.push_back(x.at_epoch);
  });
  CHECK(epochs == std::vector<epoch>{1, 2});
}

TEST_CASE("a shard is given to an active node, once") {
  forget();
  member a{"a"}, b{"b"}, c{"c"};
  a.activate();
  b.activate();
  c.join();
  a.claim(7, 7);
  auto ours = a.shard(7);
  CHECK(a.rows->transfer_shard(ours, c.self) == transfer_outcome::target_gone);
  CHECK(a.rows->transfer_shard(ours, 99999) == transfer_outcome::target_gone);
  CHECK(a.shard(7).owner == a.self);
  CHECK(a.shard(7).now == ours.now);
  CHECK(a.rows->transfer_shard(ours, b.self) == transfer_outcome::moved);
  CHECK(a.shard(7).owner == b.self);
  CHECK(a.shard(7).now == ours.now + 1);
  CHECK(a.rows->transfer_shard(ours, b.self) == transfer_outcome::fenced);
  CHECK(kinds(a.rows->last_events(1)) == texts{"shard.moved shard/7"});
}

TEST_CASE("a move and the mover's death: exactly one takes effect") {
  forget();
  member a{"a"}, b{"b"};
  b.activate();
  int moved = 0;
  for (int round = 0; round < 20; ++round) {
    member mover{"m"};
    mover.activate();
    a.activate();
    REQUIRE(mover.claim(9, 9).size() == 1);
    auto ours = mover.shard(9);
    auto seen = mover.rows->heartbeat(mover.self)->hb_seq;
    auto what = transfer_outcome::moved;
    std::vector<shard_row> taken;
    {
      std::jthread one{
        [&] { what = mover.rows->transfer_shard(ours, a.self); }};
      std::jthread two{[&] {
        b.rows->declare_dead(mover.self, seen, {"b", "race"}, b.self);
        taken = b.rows->claim_shards(b.self, {ours});
      }};
    }
    CHECK((what == transfer_outcome::moved) != (taken.size() == 1));
    moved += what == transfer_outcome::moved ? 1 : 0;
    auto now = b.shard(9);
    CHECK(now.owner == (taken.empty() ? a.self : b.self));
    CHECK(now.now == ours.now + 1);
    (taken.empty() ? a : b).rows->release_shards({now});
  }
  MESSAGE("the move won ", moved, " times of 20");
}

TEST_CASE(
  "a takeover waits for a write in flight, and then fences its writer") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  auto ours = a.claim(3, 3).at(0);
  auto row = a.shard(3);
  REQUIRE(outcome_of(a.writer(), step(trip(1), 1, ours.now))
          == outcome::committed);
  kill(a, b);
  // A batch of a's that holds its fence: the statement has not ended yet.
  auto with = as_node();
  with.idle_timeout = 10s;
  own_session flying{with};
  flying.db.execute("BEGIN; SELECT 1 FROM hansom.shard WHERE shard = 3 AND "
                    "epoch = 1 FOR SHARE");
  auto taken = std::async(std::launch::async,
                          [&] { return b.rows->claim_shards(b.self, {row}); });
  CHECK(taken.wait_for(300ms) == std::future_status::timeout);
  flying.db.execute("COMMIT");
  REQUIRE(taken.get().size() == 1);
  CHECK(outcome_of(a.writer(), step(trip(1), 2, ours.now))
        == outcome::stale_epoch);
  CHECK(outcome_of(b.writer(), step(trip(1), 2, ours.now + 1))
        == outcome::committed);
  CHECK(b.writer().journal_of(trip(1)).size() == 2);
}

TEST_CASE("a paused process that holds the fence does not hold up a takeover") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  auto row = a.claim(3, 3).at(0);
  kill(a, b);
  own_session paused{as_node()}; // With the timeouts of a node.
  paused.db.execute("BEGIN; SELECT 1 FROM hansom.shard WHERE shard = 3 AND "
                    "epoch = 1 FOR SHARE");
  auto begin = clock::now();
  CHECK(b.rows->claim_shards(b.self, {row}).size() == 1);
  auto took = ms_since(begin);
  MESSAGE("taken over after ", took, " ms");
  CHECK_THROWS_AS(paused.db.execute("COMMIT"), postgres::failure);
}

TEST_CASE("the server processes of a dead node are ended, of others not") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  auto row = a.claim(3, 3).at(0);
  auto with = as_node();
  with.self = a.self;
  with.idle_timeout = 10s;
  own_session stuck{with};
  stuck.db.execute("BEGIN; SELECT 1 FROM hansom.shard WHERE shard = 3 AND "
                   "epoch = 1 FOR SHARE");
  CHECK(b.rows->terminate_backends(a.self) == 0); // It lives.
  kill(a, b);
  CHECK(b.rows->terminate_backends(a.self) == 2); // `stuck`, and a's rows.
  auto begin = clock::now();
  CHECK(b.rows->claim_shards(b.self, {row}).size() == 1);
  MESSAGE("taken over after ", ms_since(begin), " ms");
  CHECK_THROWS_AS(stuck.db.execute("COMMIT"), postgres::failure);
  CHECK_THROWS(a.rows->heartbeat(a.self));
  CHECK(b.rows->heartbeat(b.self));
}

TEST_CASE("numbers go on where the last owner left them") {
  forget();
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  auto at = a.claim(3, 3).at(0).now;
  std::uint64_t seq = 0;
  auto write_two = [&](member& by) {
    for (int i = 0; i < 2; ++i) {
      ++seq;
      CHECK(outcome_of(by.writer(), step(trip(1), seq, at))
            == outcome::committed);
    }
  };
  for (int round = 0; round < 3; ++round) {
    auto& from = round % 2 == 0 ? a : b;
    auto& to = round % 2 == 0 ? b : a;
    write_two(from);
    REQUIRE(from.rows->transfer_shard(from.shard(3), to.self)
            == transfer_outcome::moved);
    ++at;
    write_two(to);
  }
  std::uint64_t expected = 0;
  for (auto& x : b.writer().journal_after(3, 0, 100))
    CHECK(x.shard_seq == ++expected);
  CHECK(expected == 12);
}

TEST_CASE("128 shards of a dead node are taken over in one statement") {
  forget();
  member a{"a"};
  a.activate();
  std::vector<double> ms;
  for (int round = 0; round < 12; ++round) {
    member victim{"v"};
    victim.activate();
    auto mine = victim.claim(0, 127);
    REQUIRE(mine.size() == 128);
    kill(victim, a);
    auto begin = clock::now();
    REQUIRE(a.rows->claim_shards(a.self, mine).size() == 128);
    ms.push_back(
      std::chrono::duration<double, std::milli>(clock::now() - begin).count());
    std::vector<shard_row> ours;
    for (auto& x : a.rows->read_view().shards)
      if (x.at.owner == a.self)
        ours.push_back(x.at);
    REQUIRE(a.rows->release_shards(ours) == 128);
  }
  std::sort(ms.begin(), ms.end());
  std::printf("takeover of 128 shards: %.1f ms at best, %.1f p50, %.1f at "
              "worst of %zu\n",
              ms.front(), ms[ms.size() / 2], ms.back(), ms.size());
}

TEST_CASE("a pin and a pause are said once") {
  forget();
  member a{"a"};
  auto version = a.rows->read_view().version;
  CHECK(a.rows->pin(17, "n2", {"operator/7", "near its database"}));
  CHECK_FALSE(a.rows->pin(17, "n2", {"operator/7", ""}));
  CHECK(a.rows->read_view().shards.at(17).pin == "n2");
  CHECK(a.rows->pin(17, "", {"operator/7", ""}));
  CHECK_FALSE(a.rows->pin(300, "n2", {"operator/7", ""}));
  CHECK(a.rows->pause_rebalance(true, {"operator/7", "deploy"}));
  CHECK_FALSE(a.rows->pause_rebalance(true, {"operator/7", ""}));
  CHECK(a.rows->read_view().rebalance_paused);
  CHECK(a.rows->pause_rebalance(false, {"operator/7", ""}));
  CHECK(a.rows->read_view().version == version + 4);
  CHECK(kinds(a.rows->events_after(0, 9))
        == texts{"shard.pinned shard/17", "shard.unpinned shard/17",
                 "rebalance.paused rebalance", "rebalance.resumed rebalance"});
}

TEST_CASE("a node on its own neither joins nor robs a cluster that lives") {
  forget();
  auto from = make_postgres(as_node());
  auto single = from->open();
  auto self = single->start_incarnation("single", {1});
  REQUIRE(single->claim_shards(self, {1}).size() == shard_count);
  member a{"a"};
  a.activate();
  auto view = a.rows->read_view();
  REQUIRE(view.nodes.size() == 2);
  CHECK(view.nodes[0].status == node_status::alone);
  // A cluster takes over from it: the fence ends it.
  CHECK(a.claim(3, 3).size() == 1);
  CHECK(outcome_of(*single, step(trip(1), 1, 1)) == outcome::stale_epoch);
  CHECK_THROWS_AS(single->start_incarnation("single", {1}), std::runtime_error);
  REQUIRE(a.rows->set_status(a.self, node_status::active, node_status::dead,
                             {"operator/7", "all stop"}));
  self = single->start_incarnation("single", {1});
  CHECK(single->claim_shards(self, {1}).size() == shard_count);
}

} // namespace hansom::store::testing
