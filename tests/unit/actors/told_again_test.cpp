// A client was away while its ride ended, and nothing replays that: it says in
// its hello which trip it believes in, and is told the end.

#include "actors/runtime/trip_questions.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

namespace {

struct absent_fixture : ride_fixture {
  /// A ride from its beginning to its end.
  trip_id ridden() {
    auto trip = matched();
    say(dan, "arrived", trip_arrived{trip, times_square});
    say(dan, "start", trip_start{trip});
    return trip;
  }

  void believe(entity_ref who, trip_id in) {
    node().send(who, believed_trip{session_of(who), in});
    settle();
  }

  /// Forgets all that clients were told so far.
  void forget() {
    clients->frames.clear();
  }
};

} // namespace

TEST_SUITE_BEGIN("told again");

TEST_CASE_FIXTURE(absent_fixture,
                  "rider and driver hear how their trip ended") {
  auto trip = ridden();
  disconnect(ann);
  say(dan, "complete", trip_complete{trip});
  SUBCASE("after a crash") {
    restart();
  }
  SUBCASE("when the trip has left memory") {
    disconnect(ann);
    disconnect(dan);
    advance(600s);
    CHECK_FALSE(node().entities().find(trip));
  }
  SUBCASE("when everybody is still here, but the session is another") {
  }
  connect(ann);
  connect(dan);
  CHECK(has(clients->states.back().state, "\"trips\":[]"));
  for (entity_ref who : {entity_ref{ann}, entity_ref{dan}})
    for (int i = 0; i < 2; ++i) { // Asked twice, told the same twice.
      forget();
      believe(who, trip);
      REQUIRE(pushes(who, "trip") == 1);
      CHECK(has(last_push(who, "trip"), "\"phase\":\"completed\""));
      CHECK(pushes(who, "receipt") == 1);
      CHECK(clients->frames.size() == 2);
    }
  // Nothing has changed by it.
  CHECK(events_of(trip).back() == "trip_completed");
  say(ann, "new", ticket(ann, 9));
  CHECK(has(last_push(ann, "trip"), "\"phase\":\"matching\""));
}

TEST_CASE_FIXTURE(absent_fixture, "who did not take part is told nothing") {
  auto trip = ridden();
  say(dan, "complete", trip_complete{trip});
  connect(ben);
  connect(eve);
  forget();
  believe(ben, trip);
  believe(eve, trip);
  believe(ann, trip_id{trip.value + 1});
  advance(200s);
  CHECK(pushes(ben, "trip") == 0);
  CHECK(pushes(eve, "trip") == 0);
  CHECK(pushes(ann, "trip") == 0);
  CHECK(pushes(eve, "receipt") == 0);
}

TEST_CASE_FIXTURE(absent_fixture, "nor who was released or only asked") {
  auto trip = matched();
  go_on_shift(eve);
  say(dan, "no", trip_cancel{trip, {}});
  offer(eve, trip);
  say(eve, "accept2", offer_accept{trip});
  forget();
  believe(dan, trip);
  CHECK(pushes(dan, "trip") == 0);
  say(ann, "x", trip_cancel{trip, {}});
  forget();
  believe(dan, trip);
  CHECK(pushes(dan, "trip") == 0);
  believe(eve, trip);
  CHECK(pushes(eve, "trip") == 1);
}

TEST_CASE_FIXTURE(absent_fixture, "a trip that goes on is not told apart") {
  auto trip = ridden();
  disconnect(ann);
  restart();
  connect(ann);
  CHECK(has(clients->states.back().state, to_string(trip)));
  forget();
  believe(ann, trip);
  CHECK(pushes(ann, "trip") == 0);
  connect(dan);
  forget();
  believe(dan, trip);
  CHECK(pushes(dan, "trip") == 0);
}

TEST_CASE_FIXTURE(absent_fixture, "the store is away: asked again until told") {
  auto trip = ridden();
  disconnect(ann);
  say(dan, "complete", trip_complete{trip});
  restart();
  connect(ann);
  cut_store();
  believe(ann, trip);
  advance(20s);
  CHECK(pushes(ann, "receipt") == 0);
  cut_store(false);
  advance(17s);
  CHECK(pushes(ann, "receipt") == 1);
  advance(100s);
  CHECK(pushes(ann, "receipt") == 1);
}

TEST_CASE_FIXTURE(absent_fixture,
                  "a request whose trip is over is acknowledged and told") {
  connect(ann);
  auto request = ticket(ann, 1);
  auto first = say(ann, "a", request);
  auto trip = trip_in(first);
  disconnect(ann);
  auto phase = "\"phase\":\"expired\"";
  SUBCASE("while its quote is good") {
    phase = "\"phase\":\"cancelled\"";
    say(ann, "x", trip_cancel{trip, {}});
    restart();
    connect(ann);
  }
  SUBCASE("its quote has expired") {
    advance(300s);
    restart();
    connect(ann);
  }
  SUBCASE("he has a new trip") {
    advance(300s);
    restart();
    connect(ann);
    CHECK(has(say(ann, "b", ticket(ann, 2)), "\"ack\""));
  }
  forget();
  CHECK(say(ann, "a", request) == first);
  REQUIRE(pushes(ann, "trip") == 1);
  CHECK(has(last_push(ann, "trip"), to_string(trip)));
  CHECK(has(last_push(ann, "trip"), phase));
}

TEST_CASE("questions end, and are few") {
  trip_questions x;
  session_ref me{1, 0, 1};
  CHECK(x.add(me, trip_id{5}));
  CHECK(x.add(me, trip_id{5}));
  auto waited = x.patience();
  int asked = 0;
  while (x.again().size() == 1) {
    ++asked;
    waited += x.patience();
  }
  CHECK(asked == trip_questions::tries_max - 1);
  CHECK(waited >= 75s);
  CHECK(waited <= 120s);
  CHECK(x.empty());
  for (std::uint64_t i = 0; i < trip_questions::most; ++i)
    CHECK(x.add({1, 0, i}, trip_id{7}));
  CHECK_FALSE(x.add({1, 0, 99}, trip_id{7}));
  x.forget({1, 0, 0});
  CHECK(x.take(trip_id{6}).empty());
  CHECK(x.take(trip_id{7}).size() == trip_questions::most - 1);
  CHECK(x.empty());
}

TEST_SUITE_END();
