#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("rider actor");

TEST_CASE_FIXTURE(ride_fixture, "one trip at a time") {
  connect(ann);
  auto trip = ask_for_ride(ann);
  CHECK(has(say(ann, "two", ticket(ann, 2)), "rider.busy"));
  CHECK(has(say(ann, "x", trip_cancel{trip, {}}), "\"ack\""));
  CHECK(has(say(ann, "three", ticket(ann, 3)), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "two requests at the same moment") {
  connect(ann);
  post(ann, "one", ticket(ann, 1));
  post(ann, "two", ticket(ann, 2));
  post(ann, "one", ticket(ann, 1));
  settle();
  auto first = clients->replies("one");
  REQUIRE(first.size() == 2);
  CHECK(has(first[0], "\"ack\""));
  CHECK(first[0] == first[1]);
  REQUIRE(clients->replies("two").size() == 1);
  CHECK(has(clients->replies("two")[0], "rider.busy"));
}

TEST_CASE_FIXTURE(ride_fixture,
                  "a quote is honoured once, and only for its rider") {
  connect(ann);
  connect(ben);
  auto mine = ticket(ann, 1);
  CHECK(has(say(ben, "b", mine), "quote.invalid"));
  CHECK(has(say(ann, "g", trip_request{"rubbish"}), "quote.invalid"));
  auto trip = trip_in(say(ann, "a", mine));
  say(ann, "x", trip_cancel{trip, {}});
  CHECK(has(say(ann, "again", mine), "quote.used"));
  CHECK(has(say(ann, "new", ticket(ann, 2)), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "a quote expires, a retry does not") {
  connect(ann);
  auto request = ticket(ann, 1);
  auto late = ticket(ann, 2);
  auto first = say(ann, "a", request);
  say(ann, "x", trip_cancel{trip_in(first), {}});
  advance(121s);
  CHECK(has(say(ann, "b", late), "quote.expired"));
  CHECK(say(ann, "a", request) == first);
}

TEST_CASE_FIXTURE(ride_fixture, "without the store a request is refused") {
  connect(ann);
  auto request = ticket(ann, 1);
  cut_store();
  CHECK(has(say(ann, "a", request), "store.unavailable"));
  cut_store(false);
  CHECK(has(say(ann, "a", request), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "a client that comes back sees the truth") {
  auto trip = matched();
  disconnect(ann);
  SUBCASE("from memory") {
  }
  SUBCASE("after a crash") {
    restart();
  }
  connect(ann);
  REQUIRE(clients->states.back().to == session_of(ann));
  CHECK(has(clients->states.back().state, to_string(trip)));
  CHECK(has(clients->states.back().state, "\"phase\":\"assigned\""));
}

TEST_CASE_FIXTURE(ride_fixture,
                  "no client sees an older revision after a newer") {
  auto trip = matched();
  auto before = pushes(ann, "trip");
  trip_for_rider old;
  old.view.trip = trip;
  old.view.rev = 1;
  old.view.phase = trip_phase::matching;
  node().send(ann, old);
  settle();
  CHECK(pushes(ann, "trip") == before);
  node().send(trip, tell_again{ann});
  settle();
  CHECK(pushes(ann, "trip") == before);
}

TEST_CASE_FIXTURE(ride_fixture,
                  "late news of an ended trip is no second ride") {
  connect(ann);
  auto first = ask_for_ride(ann);
  say(ann, "x", trip_cancel{first, {}});
  advance(2s);
  auto second = ask_for_ride(ann, 2);
  auto before = pushes(ann, "trip");
  trip_for_rider late;
  late.view.trip = first;
  late.view.rev = 1;
  late.view.phase = trip_phase::matching;
  node().send(ann, late);
  settle();
  CHECK(pushes(ann, "trip") == before);
  disconnect(ann);
  connect(ann);
  CHECK(has(clients->states.back().state, to_string(second)));
}

TEST_CASE_FIXTURE(ride_fixture, "a rider with nothing to do leaves memory") {
  connect(ann);
  advance(120s);
  CHECK(node().entities().find(ann));
  disconnect(ann);
  advance(59s);
  CHECK(node().entities().find(ann));
  advance(2s);
  CHECK_FALSE(node().entities().find(ann));
}

TEST_CASE_FIXTURE(ride_fixture, "a trip that dies before it answers") {
  connect(ann);
  client_ref from{session_of(ann), ann, "a"};
  post(ann, "a", ticket(ann, 1));
  // The rider has asked; the trip has the message in its mailbox.
  while (node().entities().size() < 2 && step(0))
    continue;
  node().entities().for_each([](entity_ref who, const resident& x) {
    if (who.kind == entity_kind::trip)
      caf::anon_send_exit(x.actor, caf::exit_reason::kill);
  });
  auto committed = false;
  SUBCASE("after the commit") {
    committed = true;
    settle();
  }
  SUBCASE("before the commit") {
    cut_store();
    settle();
    cut_store(false);
  }
  advance(12s);
  REQUIRE(clients->replies("a").size() == 1);
  CHECK(has(clients->replies("a")[0], "\"type\":"));
  auto again = say(ann, "a", ticket(ann, 1));
  CHECK(has(again, "\"ack\""));
  if (committed)
    CHECK(has(clients->replies("a")[0], "\"ack\""));
}

TEST_SUITE_END();
