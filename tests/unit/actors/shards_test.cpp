#include "actors/runtime/epoch_guard.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("shards that come and go");

namespace {

/// Takes down what would go to other nodes.
class recorded_routes final : public router_port {
public:
  struct routed {
    entity_ref to;
    parcel what;
    bool fresh;
  };

  void route(entity_ref to, parcel what, bool fresh) override {
    all.push_back({to, std::move(what), fresh});
  }
  void fenced(shard_id shard, store::epoch under) override {
    fences.emplace_back(shard, under);
  }

  std::vector<routed> all;
  std::vector<std::pair<shard_id, store::epoch>> fences;
};

struct shard_fixture : city_fixture {
  recorded_routes routes;
  const driver_id dan{4711};
  const shard_id home = shard_of(dan);
  const client_ref from{session(1), dan, "c1"};

  shard_fixture() {
    router = &routes;
    boot();
    // All shards are ours at first.
    REQUIRE(node().phase_of(home) == shard_phase::open);
  }
  ~shard_fixture() {
    crash(); // Before the routes go.
  }

  void say(std::uint64_t n) {
    node().send(dan, your_turn{driver_id{n}});
  }
  /// What dan was told, in order.
  std::vector<std::uint64_t> told() {
    settle();
    std::vector<std::uint64_t> out;
    for (auto& [who, x] : stand_ins->of<your_turn>())
      out.push_back(x.driver.value);
    return out;
  }
  std::vector<std::uint64_t> gone_elsewhere() {
    std::vector<std::uint64_t> out;
    for (auto& x : routes.all)
      if (x.what.what.match_element<your_turn>(0))
        out.push_back(x.what.what.get_as<your_turn>(0).driver.value);
    return out;
  }
};

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE_FIXTURE(shard_fixture, "mail for a shard of another node is routed") {
  say(1);
  CHECK(told() == numbers{1});
  CHECK(node().close_shard(home));
  CHECK_FALSE(node().close_shard(home));
  CHECK(node().epoch_of(home) == 0);
  CHECK(node().phase_of(home) == shard_phase::closed);
  settle();
  CHECK(node().entities().size() == 0);
  say(2);
  CHECK(told() == numbers{1});
  CHECK(gone_elsewhere() == numbers{2});
}

TEST_CASE_FIXTURE(shard_fixture, "sealed: mail waits, and goes on in order") {
  say(1);
  settle();
  node().seal_shard(home);
  CHECK(node().is_quiet(home));
  say(2);
  say(3);
  CHECK(told() == numbers{1});
  CHECK(node().gates().held_of(home) == 2);
  SUBCASE("here, when the move is called off") {
    node().unseal_shard(home);
    say(4);
    CHECK(told() == numbers{1, 2, 3, 4});
    CHECK(routes.all.empty());
  }
  SUBCASE("there, when it is done") {
    CHECK(node().close_shard(home));
    say(4);
    CHECK(told() == numbers{1});
    CHECK(gone_elsewhere() == numbers{2, 3, 4});
  }
}

TEST_CASE_FIXTURE(shard_fixture, "a shard is quiet when nothing is under way") {
  say(1); // Is being loaded from the store.
  node().seal_shard(home);
  CHECK_FALSE(node().is_quiet(home));
  settle();
  CHECK(node().is_quiet(home));
  node().asked(home);
  CHECK_FALSE(node().is_quiet(home));
  node().answered(home);
  CHECK(node().is_quiet(home));
}

TEST_CASE_FIXTURE(shard_fixture,
                  "an alarm of a sealed shard rings afterwards") {
  say(1);
  settle();
  node().set_alarm(dan, 77, now() + 100ms);
  node().seal_shard(home);
  advance(500ms);
  CHECK(stand_ins->of<alarm_rang>().empty());
  node().unseal_shard(home);
  advance(100ms);
  REQUIRE(stand_ins->of<alarm_rang>().size() == 1);
  CHECK(stand_ins->of<alarm_rang>()[0].second.token == 77);
}

TEST_CASE_FIXTURE(shard_fixture,
                  "who takes a shard over loads it, then serves") {
  auto under = node().epoch_of(home);
  CHECK(node().close_shard(home));
  store::write x;
  x.entity = dan;
  x.shard = home;
  x.claimed_epoch = under;
  x.first_seq = 1;
  x.at = now();
  x.events = {{"shift_started", "{}"}};
  x.state = "{}";
  REQUIRE(db().commit({x})[0].what == store::outcome::committed);
  CHECK(node().open_shard(home, 5, db()) == 1);
  CHECK(node().epoch_of(home) == 5);
  CHECK(node().phase_of(home) == shard_phase::open);
  say(2);
  CHECK(told() == numbers{2});
  CHECK(routes.all.empty());
}

TEST_CASE_FIXTURE(shard_fixture, "what the old owner passes on goes first") {
  CHECK(node().close_shard(home));
  CHECK(node().open_shard(home, 5, db(), true) == 0);
  CHECK(node().phase_of(home) == shard_phase::receiving);
  say(3);
  for (std::uint64_t n : {1, 2}) {
    parcel what{caf::make_message(your_turn{driver_id{n}})};
    CHECK(node().take(dan, what, false, true));
  }
  settle();
  say(4);
  CHECK(told() == numbers{1, 2});
  node().receive_done(home);
  say(5);
  CHECK(told() == numbers{1, 2, 3, 4, 5});
}

TEST_CASE_FIXTURE(shard_fixture, "a suspended node keeps what is passed on to "
                                 "it, in its place") {
  auto pass_on = [this](std::uint64_t n) {
    parcel what{caf::make_message(your_turn{driver_id{n}})};
    CHECK(node().take(dan, what, false, true));
  };
  CHECK(node().close_shard(home));
  CHECK(node().open_shard(home, 5, db(), true) == 0);
  say(4);
  pass_on(1);
  node().suspend();
  pass_on(2);
  CHECK(told() == numbers{1});
  SUBCASE("until it may act again") {
    node().resume();
    pass_on(3); // Not ahead of the one before.
    CHECK(told() == numbers{1});
    node().receive_done(home);
  }
  SUBCASE("also when all has been passed on") {
    pass_on(3);
    node().receive_done(home);
    CHECK(told() == numbers{1});
    node().resume();
    node().unseal_shard(home);
  }
  say(5);
  CHECK(told() == numbers{1, 2, 3, 4, 5});
}

TEST_CASE_FIXTURE(shard_fixture,
                  "a load that began under an epoch ends with it") {
  settle();
  say(1);
  REQUIRE(step(0)); // Its load is under way.
  CHECK(node().close_shard(home));
  CHECK(gone_elsewhere() == numbers{1});
  CHECK(node().open_shard(home, 5, db()) == 0);
  settle(); // The load's answer comes now.
  CHECK(node().entities().size() == 0);
  say(2);
  CHECK(told() == numbers{2});
}

TEST_CASE_FIXTURE(shard_fixture, "a suspended node opens nothing") {
  node().suspend();
  CHECK(node().phase_of(home) == shard_phase::sealed);
  say(1);
  node().unseal_shard(home);
  CHECK(node().phase_of(home) == shard_phase::sealed);
  SUBCASE("what was being loaded") {
    CHECK(node().close_shard(home));
    CHECK(gone_elsewhere() == numbers{1});
    node().open_shard(home, 5, db());
    CHECK(node().phase_of(home) == shard_phase::sealed);
    say(1);
  }
  SUBCASE("what the old owner has passed on") {
    CHECK(node().close_shard(home));
    node().open_shard(home, 5, db(), true);
    say(1);
    node().receive_done(home);
    CHECK(node().phase_of(home) == shard_phase::sealed);
  }
  CHECK(told().empty());
  node().resume();
  node().unseal_shard(home);
  CHECK(node().phase_of(home) == shard_phase::open);
  say(2);
  CHECK(told() == numbers{1, 2});
}

TEST_CASE_FIXTURE(shard_fixture,
                  "a shard that is ours cannot be opened over itself") {
  CHECK_THROWS_WITH_AS(node().open_shard(home, 5, db()),
                       doctest::Contains("cannot be opened"), std::logic_error);
  CHECK(node().phase_of(home) == shard_phase::open);
}

TEST_CASE("a shard that is being closed is not let in meanwhile") {
  shard_gates gates;
  gates.own(7, 3);
  REQUIRE(gates.end(7, 3));
  gates.drain(7, shard_phase::sealed, shard_phase::open, [](held_mail&) {});
  CHECK(gates.phase_of(7) == shard_phase::sealed);
  gates.drain(7, shard_phase::sealed, shard_phase::closed, [](held_mail&) {});
  CHECK(gates.begin(7, 4));
}

TEST_CASE_FIXTURE(shard_fixture,
                  "a store that is gone leaves the shard closed") {
  CHECK(node().close_shard(home));
  auto cut = cut_connection(nullptr, std::make_shared<bool>(true));
  CHECK_THROWS_AS(node().open_shard(home, 5, *cut), store::unavailable_error);
  CHECK(node().phase_of(home) == shard_phase::closed);
  CHECK(node().epoch_of(home) == 0);
}

TEST_CASE_FIXTURE(shard_fixture,
                  "what waits is bounded, in number and in time") {
  node().seal_shard(home);
  for (std::size_t i = 0; i < shard_gates::held_max; ++i)
    node().send(dan, from, shift_end{});
  CHECK(clients->replies("c1").empty());
  node().send(dan, from, shift_end{});
  REQUIRE(clients->replies("c1").size() == 1);
  CHECK(clients->replies("c1")[0].find("system.overloaded")
        != std::string::npos);
  CHECK(clients->replies("c1")[0].find("retry_after") != std::string::npos);
  CHECK(node().drops().of(drop_reason::shard_full) == 1);
  advance(5'100ms);
  CHECK(clients->replies("c1").size() == shard_gates::held_max + 1);
  CHECK(clients->replies("c1").back().find("system.moved")
        != std::string::npos);
  CHECK(node().drops().of(drop_reason::no_route) == shard_gates::held_max);
  CHECK(node().gates().held() == 0);
}

TEST_CASE_FIXTURE(shard_fixture, "a refused write drops its shard, no other") {
  say(1);
  settle();
  node().fenced(home, 4); // Of an epoch that is over: nothing happens.
  settle();
  CHECK(node().phase_of(home) == shard_phase::open);
  node().fenced(home, node().epoch_of(home));
  settle();
  CHECK(node().phase_of(home) == shard_phase::closed);
  REQUIRE(routes.fences.size() == 1);
  CHECK(routes.fences[0].first == home);
  CHECK(node().phase_of((home + 1) % shard_count) == shard_phase::open);
}

TEST_CASE("the words of a former owner are told by their epoch") {
  epoch_guard guard;
  CHECK(guard.admit(3, 7));
  CHECK(guard.admit(3, 7));
  CHECK_FALSE(guard.admit(3, 6));
  CHECK(guard.admit(4, 1));
  CHECK(guard.admit(3, 9));
  CHECK_FALSE(guard.admit(3, 8));
  CHECK(guard.of(3) == 9);
}

namespace {

struct riding_shards : ride_fixture {
  recorded_routes routes;

  riding_shards() {
    crash();
    router = &routes;
    boot();
  }
  ~riding_shards() {
    crash(); // Before the routes go.
  }

  /// As if it had been somewhere else: what was in memory is gone.
  void come_back(shard_id x) {
    auto under = node().epoch_of(x);
    REQUIRE(node().close_shard(x));
    settle();
    node().open_shard(x, under, db());
    settle();
  }
};

} // namespace

TEST_CASE_FIXTURE(riding_shards,
                  "nobody is shown a picture without his trip while the trip "
                  "cannot answer") {
  go_on_shift(dan);
  connect(ann);
  auto trip = ask_for_ride(ann);
  entity_ref who = ann;
  SUBCASE("a rider") {
  }
  SUBCASE("a driver") {
    propose(dan, trip);
    say(dan, "yes", offer_accept{trip});
    who = dan;
  }
  REQUIRE(shard_of(who) != shard_of(trip));
  disconnect(who);
  node().seal_shard(shard_of(trip));
  come_back(shard_of(who));
  auto before = clients->states.size();
  connect(who);
  advance(10s);
  CHECK(clients->states.size() == before);
  node().unseal_shard(shard_of(trip));
  advance(2s);
  REQUIRE(clients->states.size() == before + 1);
  CHECK(clients->states.back().state.find(to_string(trip))
        != std::string::npos);
}

TEST_SUITE_END();
