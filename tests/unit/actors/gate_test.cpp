#include "actors/runtime/commit_gate.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <algorithm>
#include <future>

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("the way into the journal");

TEST_CASE_FIXTURE(ride_fixture, "what does not fit or comes too late counts") {
  constexpr trip_id me{0x1234};
  client_ref from{session_of(ann), ann, "c"};
  auto& drops = node().drops();
  auto full = [&] { return drops.of(drop_reason::gate_full); };
  auto lost = [&] { return drops.of(drop_reason::gate_lost); };
  system().spawn([&](caf::event_based_actor* self) {
    commit_gate gate;
    gate.init(self, &node(), me);
    commit_gate::step step;
    step.what.first_seq = 1;
    step.what.events = {{"trip_expired", "{}"}};
    gate.commit(std::move(step));
    for (std::size_t i = 0; i < commit_gate::mails_max; ++i)
      gate.mail([] {});
    for (std::size_t i = 0; i < commit_gate::commands_max; ++i)
      gate.command(from, [] {});
    CHECK(full() == 0);
    gate.mail([] {});
    CHECK(full() == 1);
    gate.command(from, [] {});
    CHECK(full() == 2);
    CHECK(drops.of(drop_reason::directory_full) == 0);
    CHECK(clients->replies("c").size() == 1);
    CHECK(has(clients->replies("c").back(), "system.overloaded"));
    store::result fenced;
    fenced.what = store::outcome::stale_epoch;
    gate.handle(commit_result{1, fenced});
    CHECK(drops.of(drop_reason::commit_stale_epoch) == 1);
    CHECK(lost() == commit_gate::mails_max + commit_gate::commands_max);
    CHECK(clients->replies("c").size() == 1 + commit_gate::commands_max);
    gate.mail([] {});
    gate.command(from, [] {});
    CHECK(lost() == commit_gate::mails_max + commit_gate::commands_max + 2);
    CHECK(has(clients->replies("c").back(), "system.moved"));
    CHECK(drops.of(drop_reason::commit_stale_epoch) == 1);
  });
  settle();
  REQUIRE(lost() > 0);
}

TEST_CASE_FIXTURE(ride_fixture, "a question too many is answered at once") {
  client_ref from{session_of(ann), ann, "c"};
  std::size_t unavailable = 0;
  system().spawn([&](caf::event_based_actor* self) {
    commit_gate gate;
    gate.init(self, &node(), ann);
    for (std::size_t i = 0; i <= commit_gate::lookups_max; ++i)
      gate.look_up(from, [&](auto& x) { unavailable += x.unavailable; });
    CHECK(unavailable == 1);
  });
  settle();
  CHECK(unavailable == 1);
  CHECK(node().drops().of(drop_reason::gate_full) == 1);
}

TEST_CASE_FIXTURE(ride_fixture, "trips and money go first, the rest after") {
  lanes = std::make_shared<lane_log>();
  restart();
  auto trip = matched();
  drive(dan, trip, times_square);
  say(dan, "a", trip_arrived{trip, times_square});
  say(dan, "s", trip_start{trip});
  say(dan, "c", trip_complete{trip});
  say(ann, "r", trip_rate{trip, 5, {}});
  CHECK(*lanes
        == lane_log{{"shift_started", false},
                    {"trip_requested", true},
                    {"trip_assigned", true},
                    {"driver_arrived", true},
                    {"trip_started", true},
                    {"trip_completed", true},
                    {"trip_rated", false}});
}

TEST_CASE_FIXTURE(ride_fixture, "a node that stops knows who remains") {
  connect(ann);
  go_on_shift(dan);
  node().stop();
  auto who = node().who_remains();
  CHECK(has(who, "1 driver, 1 rider"));
  settle();
  CHECK(node().who_remains() == "no entity");
}

TEST_CASE("waiting for actors comes to an end") {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::hansom>();
  caf::actor_system system{config};
  std::promise<void> let_go;
  auto gate = let_go.get_future().share();
  CHECK(await_actors(system, 1s));
  auto stuck = system.spawn([gate](caf::event_based_actor*) -> caf::behavior {
    return {[gate](int) { gate.wait(); }};
  });
  caf::anon_send(stuck, 1);
  caf::anon_send_exit(stuck, caf::exit_reason::user_shutdown);
  CHECK_FALSE(await_actors(system, 30ms));
  let_go.set_value();
  CHECK(await_actors(system, 10s));
}

TEST_CASE("who has not ended is named with what he is at") {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::hansom>();
  caf::actor_system system{config};
  ending x;
  auto gone = std::make_shared<probe>();
  auto busy = std::make_shared<probe>();
  gone->ended = true;
  busy->running_since_ns =
    std::chrono::steady_clock::now().time_since_epoch().count();
  x.add(dan, gone);
  CHECK(x.remaining() == "no entity");
  x.add(eve, busy);
  x.add(trip_id{7}, std::make_shared<probe>());
  auto text = x.remaining();
  CHECK(
    text.starts_with("1 driver, 1 trip; driver/8 has been handling a mess"));
}

TEST_SUITE_END();
