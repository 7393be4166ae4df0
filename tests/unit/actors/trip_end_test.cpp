#include "actors/trip/trip_rules.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

namespace {

constexpr const char* operator_name = "night-desk";

trip_end as(trip_phase how, std::string reason = "driver lost his phone") {
  return {how, std::move(reason), operator_name};
}

class desk_fixture : public ride_fixture {
public:
  using ride_fixture::ride_fixture;

  /// Operations say something; @returns the answer.
  std::string order(trip_id trip, const std::string& id, trip_end what) {
    auto before = clients->replies(id).size();
    client_ref from{session(1), entity_ref{trip}, id};
    node().send(trip, from, std::move(what));
    settle();
    auto answers = clients->replies(id);
    REQUIRE(answers.size() == before + 1);
    return answers.back();
  }

  trip_id under_way() {
    auto trip = matched();
    say(dan, "a", trip_arrived{trip, times_square});
    say(dan, "s", trip_start{trip});
    return trip;
  }

  std::string last_event(trip_id trip) {
    return db().journal_of(trip).back().payload;
  }
};

/// Twelve hours with room to spare, less if `config` says so.
dispatch_config patience(milliseconds x) {
  dispatch_config config;
  config.trip_abandoned = x;
  return config;
}

class impatient_fixture : public desk_fixture {
public:
  impatient_fixture() : desk_fixture{patience(600s)} {
  }
};

} // namespace

TEST_SUITE_BEGIN("a trip that its driver does not end");

TEST_CASE_FIXTURE(desk_fixture, "completed by operations: the promised fare") {
  auto trip = under_way();
  disconnect(dan);
  advance(120s);
  auto answer = order(trip, "e1", as(trip_phase::completed));
  CHECK(has(answer, "\"rev\":5"));
  auto now = stored(trip);
  CHECK(now.phase == trip_phase::completed);
  CHECK(*now.ended_by == cause::operations);
  CHECK(now.fare.minor == 1420);
  // Nobody knows when the ride was over: the bill shows the estimates.
  CHECK(now.distance_m == 2500);
  CHECK(now.duration_s == 600);
  CHECK(transfers().size() == 2);
  CHECK(has(last_event(trip), "\"by\":\"operations\""));
  CHECK(has(last_event(trip), "night-desk"));
  CHECK(has(last_event(trip), "driver lost his phone"));
  // Both are told, without the operator's name; the driver when he is back.
  for (auto& said : {last_push(ann, "trip"), last_push(dan, "trip")}) {
    CHECK(has(said, "\"phase\":\"completed\""));
    CHECK(has(said, "\"ended_by\":\"operations\""));
    CHECK(has(said, "driver lost his phone"));
    CHECK_FALSE(has(said, "night-desk"));
  }
  CHECK(has(last_push(ann, "receipt"), "\"minor\":1420"));
  // The driver is free, the rider too.
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
  CHECK_FALSE(db().holder_of({store::claim_kind::rider, ann.value}));
  CHECK(encode(folded(trip)) == encode(stored(trip)));
  connect(dan);
  CHECK(has(clients->states.back().state, "\"phase\":\"available\""));
  CHECK(has(say(dan, "late", trip_complete{trip}), "illegal_transition"));
}

TEST_CASE_FIXTURE(desk_fixture, "cancelled by operations: nobody pays") {
  auto trip = trip_id{};
  SUBCASE("matching") {
    connect(ann);
    trip = ask_for_ride(ann);
  }
  SUBCASE("offered") {
    connect(ann);
    go_on_shift(dan);
    trip = ask_for_ride(ann);
    offer(dan, trip);
  }
  SUBCASE("assigned") {
    trip = matched();
  }
  SUBCASE("arrived") {
    trip = matched();
    say(dan, "a", trip_arrived{trip, times_square});
    advance(200s); // A rider would pay a fee by now.
  }
  SUBCASE("on the way") {
    trip = under_way();
  }
  CHECK(has(order(trip, "e1", as(trip_phase::cancelled)), "\"ack\""));
  CHECK(stored(trip).phase == trip_phase::cancelled);
  CHECK(transfers().empty());
  CHECK(has(last_push(ann, "trip"), "\"ended_by\":\"operations\""));
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
  ask_for_ride(ann, 555);
}

TEST_CASE_FIXTURE(desk_fixture, "a ride may be completed that never began") {
  auto trip = matched();
  CHECK(has(order(trip, "e1", as(trip_phase::completed)),
            "cannot complete: the trip is assigned"));
  say(dan, "a", trip_arrived{trip, times_square});
  CHECK(has(say(dan, "c", trip_complete{trip}), "illegal_transition"));
  CHECK(has(order(trip, "e2", as(trip_phase::completed)), "\"ack\""));
  CHECK(transfers().size() == 2);
}

TEST_CASE_FIXTURE(desk_fixture, "an order said again takes effect once") {
  auto trip = under_way();
  auto first = order(trip, "e1", as(trip_phase::completed));
  CHECK(order(trip, "e1", as(trip_phase::completed)) == first);
  // Long gone from memory, and after a crash.
  advance(120s);
  CHECK_FALSE(node().entities().find(trip));
  CHECK(order(trip, "e1", as(trip_phase::completed)) == first);
  restart();
  CHECK(order(trip, "e1", as(trip_phase::completed)) == first);
  CHECK(db().journal_of(trip).size() == 5);
  CHECK(has(order(trip, "e2", as(trip_phase::cancelled)),
            "trip.illegal_transition"));
  CHECK(has(order({0x99}, "e3", as(trip_phase::cancelled)), "trip.unknown"));
}

TEST_CASE_FIXTURE(desk_fixture, "an order without words is none") {
  auto trip = under_way();
  CHECK(has(order(trip, "1", as(trip_phase::completed, "")), "reason: 1 to"));
  CHECK(has(order(trip, "2", as(trip_phase::completed, std::string(201, 'x'))),
            "reason: 1 to 200 bytes, found 201"));
  CHECK(has(order(trip, "3", as(trip_phase::expired)), "out_of_range"));
  CHECK(has(order(trip, "4", {trip_phase::cancelled, "x", ""}), "name"));
  CHECK(stored(trip).phase == trip_phase::on_trip);
}

TEST_CASE_FIXTURE(desk_fixture,
                  "without the store an order is not carried out") {
  auto trip = under_way();
  cut_store();
  CHECK(has(order(trip, "e1", as(trip_phase::completed)), "store.unavailable"));
  cut_store(false);
  CHECK(stored(trip).phase == trip_phase::on_trip);
  CHECK(has(order(trip, "e1", as(trip_phase::completed)), "\"ack\""));
}

TEST_CASE_FIXTURE(impatient_fixture, "a driver not heard of loses the trip") {
  auto trip = trip_id{};
  SUBCASE("under way") {
    trip = under_way();
  }
  SUBCASE("at the pickup") {
    trip = matched();
    say(dan, "a", trip_arrived{trip, times_square});
  }
  SUBCASE("after a restart, which forgets when he was heard of") {
    trip = under_way();
    advance(400s);
    restart();
  }
  advance(598s);
  CHECK_FALSE(is_terminal(stored(trip).phase));
  advance(4s);
  auto now = stored(trip);
  CHECK(now.phase == trip_phase::cancelled);
  CHECK(*now.ended_by == cause::system);
  CHECK(*now.reason == "abandoned");
  CHECK(transfers().empty());
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
}

TEST_CASE_FIXTURE(impatient_fixture, "any word of the driver keeps the trip") {
  auto trip = under_way();
  std::function<void(int)> word;
  SUBCASE("a position") {
    word = [&](int) { drive(dan, trip, union_square); };
  }
  SUBCASE("a position from his time offline") {
    word = [&](int) {
      node().send(trip, trip_position{dan, union_square, 0, now(), true});
      settle();
    };
  }
  SUBCASE("a command, though refused") {
    word = [&](int i) { say(dan, std::to_string(i), trip_start{trip}); };
  }
  for (int i = 0; i < 3; ++i) {
    advance(400s);
    word(i);
  }
  CHECK(stored(trip).phase == trip_phase::on_trip);
  advance(601s);
  CHECK(stored(trip).phase == trip_phase::cancelled);
}

TEST_CASE_FIXTURE(impatient_fixture, "abandoned while the store is gone") {
  auto trip = under_way();
  cut_store();
  advance(700s);
  cut_store(false);
  CHECK(stored(trip).phase == trip_phase::on_trip);
  advance(2s);
  CHECK(stored(trip).phase == trip_phase::cancelled);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("where a driver has arrived");

TEST_CASE_FIXTURE(ride_fixture, "nobody arrives who is nowhere") {
  auto trip = matched();
  auto refused = say(dan, "1", trip_arrived{trip, caf::none});
  CHECK(has(refused, "trip.position_unknown"));
  CHECK(has(refused, "\"temporary\":true"));
  CHECK(stored(trip).phase == trip_phase::assigned);
  SUBCASE("he says that he is far away") {
    CHECK(has(say(dan, "2", trip_arrived{trip, union_square}), "trip.too_far"));
  }
  SUBCASE("he says where he is") {
    CHECK(has(say(dan, "2", trip_arrived{trip, times_square}), "\"ack\""));
  }
  SUBCASE("his position comes") {
    drive(dan, trip, times_square);
    CHECK(has(say(dan, "2", trip_arrived{trip, caf::none}), "\"ack\""));
  }
  SUBCASE("what he says is impossible") {
    drive(dan, trip, union_square); // 2.5 km away: 36 s at least.
    advance(10s);
    CHECK(has(say(dan, "2", trip_arrived{trip, times_square}), "too_far"));
    advance(30s);
    CHECK(has(say(dan, "3", trip_arrived{trip, times_square}), "\"ack\""));
  }
  SUBCASE("a restart has forgotten where he is") {
    drive(dan, trip, times_square);
    restart();
    connect(dan);
    CHECK(has(say(dan, "2", trip_arrived{trip, caf::none}),
              "trip.position_unknown"));
  }
}

TEST_SUITE_END();
