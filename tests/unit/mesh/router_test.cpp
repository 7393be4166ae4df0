#include "tests/unit/mesh/router_fixture.hpp"

#include <algorithm>
#include <numeric>

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("routing between nodes");

namespace {

struct three_nodes {
  std::unique_ptr<store::factory> db = store::make_sqlite_in_memory();
  std::unique_ptr<store::connection> schema = [this] {
    auto x = db->open();
    x->migrate();
    return x;
  }();
  whole_node a{1, *db};
  whole_node b{2, *db};
  whole_node c{3, *db};
  const driver_id dan{4711};
  const trip_id trip{shard_of(driver_id{4711}) * (1ULL << 56) | 5};
  const shard_id home = shard_of(driver_id{4711});

  three_nodes() {
    REQUIRE(introduce({&a, &b, &c}));
  }
  /// Everybody knows that b owns the shard.
  void give_to(whole_node& owner, store::epoch epoch) {
    owner.own(home, epoch);
    for (auto* x : {&a, &b, &c}) {
      x->map.learn(home, {owner.incarnation, epoch});
      x->router.look_again();
    }
  }
  static void say(whole_node& from, entity_ref to, std::uint64_t n) {
    from.actors->send(to, your_turn{driver_id{n}});
  }
  [[nodiscard]] client_ref asks(const std::string& id,
                                std::uint64_t node) const {
    return {{node, 0, 1}, dan, id};
  }
};

std::vector<std::uint64_t> up_to(std::uint64_t n) {
  std::vector<std::uint64_t> out(n);
  std::iota(out.begin(), out.end(), 1);
  return out;
}

/// An entity that is being loaded holds 64 messages, no more.
void wake(whole_node& owner, entity_ref who) {
  three_nodes::say(owner, who, 1);
  REQUIRE(eventually([&] { return owner.told.of(who).size() == 1; }));
}

} // namespace

TEST_CASE_FIXTURE(three_nodes, "mail reaches its entity from any node, in "
                               "order; the answer its session") {
  give_to(b, 1);
  wake(b, dan);
  for (std::uint64_t i = 2; i <= 500; ++i)
    say(a, dan, i);
  REQUIRE(eventually([&] { return b.told.of(dan).size() == 500; }));
  CHECK(b.told.of(dan) == up_to(500));
  c.actors->send(dan, asks("c1", 1), trip_arrived{});
  REQUIRE(eventually([&] { return a.sessions.frames().size() == 1; }));
  auto x = a.sessions.frames()[0];
  CHECK(x.how == delivery::reply);
  CHECK(x.re == "c1");
  CHECK(x.to == session_ref{1, 0, 1});
  CHECK(b.sessions.frames().empty());
  b.router.attached({1, 0, 1}, "{}");
  b.router.close({1, 0, 1}, close_code::replaced);
  b.router.follow({1, 0, 1}, trip);
  CHECK(eventually([&] { return a.sessions.frames().size() == 4; }));
}

TEST_CASE_FIXTURE(three_nodes, "mail waits for an owner, in order, then goes") {
  b.own(home, 1);
  wake(b, dan);
  for (std::uint64_t i = 2; i <= 100; ++i)
    say(a, dan, i);
  CHECK(a.router.waiting() == 99);
  give_to(b, 1);
  for (std::uint64_t i = 101; i <= 200; ++i)
    say(a, dan, i);
  REQUIRE(eventually([&] { return b.told.of(dan).size() == 200; }));
  CHECK(b.told.of(dan) == up_to(200));
  CHECK(a.router.waiting() == 0);
  CHECK(a.router.waiting_bytes() == 0);
}

TEST_CASE_FIXTURE(three_nodes,
                  "who waits hears when no owner is found in time") {
  for (std::size_t i = 0; i < 1'000; ++i)
    say(a, dan, 1);
  a.actors->send(trip, asks("full", 1), trip_arrived{});
  REQUIRE(a.sessions.replies_with("system.overloaded") == 1);
  auto other = trip_id{((home + 1ULL) % shard_count) << 56 | 5};
  a.actors->send(other, asks("late", 1), trip_arrived{});
  CHECK(a.sessions.frames().size() == 1);
  REQUIRE(
    eventually([&] { return a.sessions.replies_with("system.moved") == 1; }));
  CHECK(a.sessions.replies_with("retry_after") == 2);
  CHECK(a.router.counts().expired > 0);
  REQUIRE(eventually([&] { return a.router.waiting() == 0; }));
}

TEST_CASE_FIXTURE(three_nodes, "who knows only the former owner: it passes "
                               "mail on") {
  give_to(b, 1);
  b.actors->close_shard(home);
  c.own(home, 2);
  b.map.learn(home, {3, 2}); // a has not heard of it.
  b.router.look_again();
  for (std::uint64_t i = 1; i <= 50; ++i)
    say(a, dan, i);
  REQUIRE(eventually([&] { return c.told.of(dan).size() == 50; }));
  CHECK(c.told.of(dan) == up_to(50));
  CHECK(b.router.counts().relayed == 50);
}

TEST_CASE_FIXTURE(three_nodes, "a wrong owner says who owns, and the sender "
                               "learns it") {
  // a believes in b, b knows better, but its way to c is closed.
  c.own(home, 2);
  a.map.learn(home, {2, 1});
  b.map.learn(home, {3, 2});
  b.links->forget(3);
  a.actors->send(dan, asks("c1", 1), trip_arrived{});
  REQUIRE(eventually([&] { return a.sessions.replies_with("ack") == 1; }));
  CHECK(a.map.owner_of(home).who == 3);
  CHECK(a.map.owner_of(home).epoch == 2);
}

TEST_CASE_FIXTURE(three_nodes, "two nodes that do not reach each other talk "
                               "through the third") {
  give_to(b, 1);
  a.links->forget(2); // For good, in this test.
  b.links->forget(1);
  REQUIRE(eventually([&] { return !a.knows(b) && !b.knows(a); }));
  a.actors->send(dan, asks("c1", 1), trip_arrived{});
  REQUIRE(eventually([&] { return a.sessions.replies_with("ack") == 1; }));
  CHECK(c.router.counts().relayed == 2); // There and back.
}

TEST_CASE_FIXTURE(three_nodes, "nobody passes mail on for ever") {
  // Each believes in the next.
  a.map.learn(home, {2, 1});
  b.map.learn(home, {3, 1});
  c.map.learn(home, {1, 1});
  a.actors->send(dan, asks("c1", 1), trip_arrived{});
  REQUIRE(
    eventually([&] { return a.sessions.replies_with("system.") == 1; }, 15s));
  auto relayed = a.router.counts().relayed + b.router.counts().relayed
                 + c.router.counts().relayed;
  CHECK(relayed < 40);
}

TEST_CASE_FIXTURE(three_nodes, "a command that a dead node had goes to the new "
                               "owner") {
  give_to(b, 2);
  far_mail x;
  x.to = dan;
  x.what.what = caf::make_message(asks("c1", 1), trip_arrived{});
  x.until = a.actors->now() + 5s;
  x.tried = true;
  a.router.returned(4, x, {mesh_nack::link_lost, {}});
  REQUIRE(eventually([&] { return a.sessions.replies_with("ack") == 1; }));
  x.until = a.actors->now();
  a.router.returned(4, x, {mesh_nack::expired, {}});
  CHECK(a.sessions.replies_with("unknown_outcome") == 1);
}

TEST_CASE_FIXTURE(three_nodes, "the words of a former owner are dropped") {
  give_to(b, 5);
  auto sent_by_shard = [&](whole_node& from, std::uint64_t n) {
    turn_of turn{home};
    say(from, rider_id{1}, n);
  };
  auto rider = shard_of(rider_id{1});
  a.own(rider, 1);
  b.map.learn(rider, {1, 1});
  c.map.learn(rider, {1, 1});
  sent_by_shard(b, 1);
  REQUIRE(eventually([&] { return a.told.of(rider_id{1}).size() == 1; }));
  // c owned the shard long ago and does not know that it does not.
  c.actors->open_shard(home, 4, *c.connection);
  sent_by_shard(c, 2);
  REQUIRE(eventually([&] { return a.router.counts().stale == 1; }));
  {
    turn_of turn{home};
    c.actors->reply(asks("old", 1), R"({"type":"offer"})");
    b.actors->reply(asks("new", 1), R"({"type":"offer"})");
  }
  REQUIRE(eventually([&] { return a.router.counts().stale == 2; }));
  REQUIRE(eventually([&] { return a.sessions.frames().size() == 1; }));
  CHECK(a.sessions.frames()[0].re == "new");
  CHECK(a.told.of(rider_id{1}).size() == 1);
}

TEST_CASE_FIXTURE(three_nodes, "mail that comes while a shard opens waits for "
                               "nothing else") {
  a.sink.without = true;
  std::vector<driver_id> one(shard_count);
  for (std::uint64_t i = 1, left = shard_count; left > 0; ++i)
    if (auto& x = one[shard_of(driver_id{i})]; !x) {
      x = driver_id{i};
      --left;
    }
  std::atomic<std::size_t> step{0}; // The threads keep pace, as a race should.
  auto both_at = [&](std::size_t n) {
    for (++step; step < n;) {
    }
  };
  std::jthread opens{[&] {
    for (shard_id s = 0; s < shard_count; ++s) {
      a.map.learn(s, {1, 1});
      both_at(2 * (s + 1));
      a.actors->open_shard(s, 1, *a.connection);
      a.router.try_again(s);
    }
  }};
  for (shard_id s = 0; s < shard_count; ++s) {
    both_at(2 * (s + 1));
    for (std::uint64_t n = 1; n <= 20; ++n) {
      far_mail x;
      x.to = one[s];
      x.what = {caf::make_message(your_turn{driver_id{n}})};
      x.until = a.actors->now() + 60s;
      CHECK_FALSE(a.router.mail(2, std::move(x)));
      a.router.try_again(s); // As whoever has learned something does.
    }
  }
  opens.join();
  CHECK(eventually([&] { return a.router.waiting() == 0; }));
  for (auto who : one)
    CHECK(eventually([&] { return a.told.of(who).size() == 20; }));
}

TEST_CASE_FIXTURE(three_nodes, "a shard moves under fire: nothing is lost, "
                               "nothing out of order") {
  give_to(b, 1);
  std::vector<driver_id> drivers;
  for (std::uint64_t i = 1; drivers.size() < 8; ++i)
    if (shard_of(driver_id{i}) == home)
      drivers.push_back(driver_id{i});
  std::atomic<bool> end{false};
  std::atomic<std::uint64_t> said{0}; // To each of them.
  std::jthread speaker{[&] {
    while (!end && said < 500) {
      ++said;
      for (auto who : drivers)
        say(a, who, said);
      std::this_thread::sleep_for(4ms);
    }
  }};
  auto& from = b;
  auto& to = c;
  auto all_hear_from = [&](whole_node& x) {
    return eventually([&] {
      return std::all_of(drivers.begin(), drivers.end(), [&](driver_id who) {
        return !x.told.of(who).empty();
      });
    });
  };
  REQUIRE(all_hear_from(from));
  from.actors->seal_shard(home);
  REQUIRE(eventually([&] { return from.actors->is_quiet(home); }));
  std::this_thread::sleep_for(30ms);
  to.actors->open_shard(home, 2, *to.connection, true);
  for (auto* x : {&from, &to}) {
    x->map.learn(home, {3, 2});
    x->router.look_again();
  }
  from.router.hand_over(home, true);
  REQUIRE(from.links->control(3, "own") == mesh::sent::queued);
  from.actors->close_shard(home);
  from.router.hand_over(home, false);
  REQUIRE(from.links->control(3, "end") == mesh::sent::queued);
  REQUIRE(eventually([&] {
    return to.heard.with([](auto& x) { return x.controls.size() == 2; });
  }));
  to.actors->receive_done(home);
  CHECK(all_hear_from(to));
  end = true;
  speaker.join();
  for (auto who : drivers) {
    REQUIRE(eventually([&] {
      return from.told.of(who).size() + to.told.of(who).size() == said;
    }));
    auto all = from.told.of(who);
    CHECK_FALSE(all.empty());
    auto rest = to.told.of(who);
    CHECK_FALSE(rest.empty());
    all.insert(all.end(), rest.begin(), rest.end());
    CHECK(all == up_to(said));
  }
}

TEST_SUITE_END();
