#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

TEST_SUITE_BEGIN("trip actor");

TEST_CASE_FIXTURE(ride_fixture, "a whole ride") {
  auto trip = matched();
  CHECK(stored(trip).phase == trip_phase::assigned);
  CHECK(stored(trip).driver == dan);
  CHECK(has(last_push(ann, "trip"), "\"phase\":\"assigned\""));
  CHECK(has(last_push(dan, "trip"), "\"phase\":\"assigned\""));

  drive(dan, trip, times_square);
  CHECK(pushes(ann, "driver.position") == 1);
  CHECK(has(say(dan, "a", trip_arrived{trip, times_square}), "\"rev\":3"));
  CHECK(has(say(dan, "s", trip_start{trip}), "\"ack\""));
  advance(600s);
  drive(dan, trip, union_square);
  CHECK(has(say(dan, "c", trip_complete{trip}), "\"ack\""));

  CHECK(stored(trip).phase == trip_phase::completed);
  CHECK(stored(trip).distance_m > 2400);
  CHECK(stored(trip).duration_s == 600);
  CHECK(pushes(ann, "receipt") == 1);
  CHECK(pushes(dan, "receipt") == 1);
  CHECK(events_of(trip)
        == std::vector<std::string>{"trip_requested", "trip_assigned",
                                    "driver_arrived", "trip_started",
                                    "trip_completed"});
  CHECK(encode(folded(trip)) == encode(stored(trip)));
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
  CHECK_FALSE(db().holder_of({store::claim_kind::rider, ann.value}));
  CHECK(has(say(ann, "r", trip_rate{trip, 5, {}}), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "the fare moves once, and a part to us") {
  auto trip = matched();
  say(dan, "a", trip_arrived{trip, times_square});
  say(dan, "s", trip_start{trip});
  say(dan, "c", trip_complete{trip});
  auto xs = transfers();
  REQUIRE(xs.size() == 2);
  std::sort(xs.begin(), xs.end(),
            [](auto& a, auto& b) { return a.key > b.key; });
  CHECK(xs[0].key == "fare/" + to_string(trip));
  CHECK(xs[0].debit == "rider/1");
  CHECK(xs[0].credit == "driver/7");
  CHECK(xs[0].amount.minor == 1420);
  CHECK(xs[1].key == "commission/" + to_string(trip));
  CHECK(xs[1].debit == "driver/7");
  CHECK(xs[1].amount.minor == 284);
}

TEST_CASE_FIXTURE(ride_fixture, "a waiting trip says so to its cell") {
  connect(ann);
  auto trip = ask_for_ride(ann);
  auto wants = stand_ins->of<want_driver>();
  REQUIRE(wants.size() == 1);
  CHECK(wants[0].first
        == entity_ref{cell_of(times_square, node().config().cell_level)});
  CHECK(wants[0].second.trip == trip);
  CHECK(wants[0].second.fare.minor == 1420);
  advance(25s);
  CHECK(stand_ins->of<want_driver>().size() == 3);
}

TEST_CASE_FIXTURE(ride_fixture, "nobody found: the trip expires") {
  connect(ann);
  auto trip = ask_for_ride(ann);
  advance(179s);
  CHECK(stored(trip).phase == trip_phase::matching);
  advance(2s);
  CHECK(stored(trip).phase == trip_phase::expired);
  CHECK(has(last_push(ann, "trip"), "\"reason\":\"no_driver\""));
  CHECK(stand_ins->of<unwant_driver>().back().second.matched);
  ask_for_ride(ann, 555);
}

TEST_CASE_FIXTURE(ride_fixture, "an offer that is not answered moves on") {
  connect(ann);
  go_on_shift(dan);
  auto trip = ask_for_ride(ann);
  offer(dan, trip);
  CHECK(pushes(dan, "offer") == 1);
  advance(16s);
  CHECK(has(last_push(dan, "offer.withdrawn"), "timed_out"));
  auto last = stand_ins->of<want_driver>().back().second;
  CHECK(last.excluded == std::vector{dan});
  CHECK(last.rev == 2);
  CHECK(events_of(trip)
        == std::vector<std::string>{"trip_requested", "offer_closed"});
  // It is not offered to him again, even if a cell proposes it.
  offer(dan, trip);
  CHECK(stored(trip).phase == trip_phase::matching);
  CHECK(has(say(dan, "late", offer_accept{trip}), "offer.gone"));
}

TEST_CASE_FIXTURE(ride_fixture, "declined, then taken by another") {
  connect(ann);
  go_on_shift(dan);
  go_on_shift(eve);
  auto trip = ask_for_ride(ann);
  offer(dan, trip);
  CHECK(has(say(dan, "no", offer_decline{trip, {}}), "\"rev\":2"));
  offer(eve, trip);
  CHECK(has(say(eve, "yes", offer_accept{trip}), "\"rev\":3"));
  CHECK(stored(trip).driver == eve);
  CHECK(stand_ins->of<unwant_driver>().back().second.matched);
}

TEST_CASE_FIXTURE(ride_fixture, "a driver cancels: same trip, same price") {
  auto trip = matched();
  auto answer = say(dan, "sorry", trip_cancel{trip, {}});
  CHECK(has(answer, "\"ack\""));
  CHECK(stored(trip).phase == trip_phase::matching);
  CHECK(stored(trip).fare.minor == 1420);
  CHECK(stand_ins->of<want_driver>().back().second.excluded
        == std::vector{dan});
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
  go_on_shift(eve);
  offer(eve, trip);
  CHECK(has(say(eve, "yes", offer_accept{trip}), "\"ack\""));
  CHECK(stored(trip).driver == eve);
  // A retry of what he said before gets what he was told before.
  CHECK(say(dan, "sorry", trip_cancel{trip, {}}) == answer);
  CHECK(stored(trip).driver == eve);
}

TEST_CASE_FIXTURE(ride_fixture, "cancelling late costs a fee, early none") {
  auto trip = matched();
  SUBCASE("early") {
    say(ann, "x", trip_cancel{trip, {}});
    CHECK(transfers().empty());
  }
  SUBCASE("late") {
    for (int i = 0; i < 5; ++i) {
      advance(30s);
      drive(dan, trip, times_square);
    }
    say(ann, "x", trip_cancel{trip, {}});
    auto xs = transfers();
    REQUIRE(xs.size() == 1);
    CHECK(xs[0].key == "fee/" + to_string(trip));
    CHECK(xs[0].credit == "driver/7");
    CHECK(xs[0].amount.minor == 500);
  }
  CHECK(stored(trip).phase == trip_phase::cancelled);
  CHECK(has(last_push(dan, "trip"), "\"phase\":\"cancelled\""));
  CHECK_FALSE(db().holder_of({store::claim_kind::driver, dan.value}));
}

TEST_CASE_FIXTURE(ride_fixture, "a rider who does not come") {
  auto trip = matched();
  say(dan, "a", trip_arrived{trip, times_square});
  CHECK(has(say(dan, "n1", trip_no_show{trip}), "trip.too_early"));
  advance(301s);
  CHECK(has(say(dan, "n2", trip_no_show{trip}), "\"ack\""));
  CHECK(stored(trip).phase == trip_phase::cancelled);
  CHECK(transfers().size() == 1);
}

TEST_CASE_FIXTURE(ride_fixture, "a silent driver is replaced") {
  auto trip = matched();
  advance(50s);
  drive(dan, trip, union_square);
  advance(50s);
  CHECK(stored(trip).driver == dan);
  advance(11s);
  CHECK(stored(trip).phase == trip_phase::matching);
  CHECK(events_of(trip).back() == "driver_released");
  CHECK(has(last_push(dan, "trip"), "\"phase\":\"matching\""));
}

TEST_CASE_FIXTURE(ride_fixture, "a driver who does not come nearer, too") {
  auto trip = matched();
  auto at = union_square;
  for (int i = 0; i < 17; ++i) {
    advance(10s);
    drive(dan, trip, at);
  }
  CHECK(stored(trip).driver == dan);
  SUBCASE("he goes nowhere") {
    advance(15s);
    CHECK(stored(trip).phase == trip_phase::matching);
  }
  SUBCASE("he comes nearer in time") {
    drive(dan, trip, towards(at, times_square, 500));
    advance(15s);
    CHECK(stored(trip).driver == dan);
  }
}

TEST_CASE_FIXTURE(ride_fixture, "strangers are refused") {
  auto trip = matched();
  connect(ben);
  connect(eve);
  CHECK(has(say(ben, "1", trip_cancel{trip, {}}), "trip.not_yours"));
  CHECK(has(say(eve, "2", trip_arrived{trip, times_square}), "trip.not_yours"));
  CHECK(has(say(ann, "3", trip_complete{trip}), "trip.not_yours"));
  CHECK(has(say(ben, "4", trip_cancel{{0x123456}, {}}), "trip.unknown"));
  CHECK(stored(trip).rev == 2);
}

TEST_CASE_FIXTURE(ride_fixture, "every command said twice takes effect once") {
  auto again = false;
  SUBCASE("at once") {
  }
  SUBCASE("after a crash") {
    again = true;
  }
  std::vector<std::function<std::string()>> retries;
  auto twice = [&](auto who, std::string id, auto x) {
    auto first = say(who, id, x);
    REQUIRE(has(first, "\"ack\""));
    CHECK(say(who, id, x) == first);
    retries.push_back([this, who, id, x, first] {
      CHECK(say(who, id, x) == first);
      return first;
    });
  };
  connect(ann);
  go_on_shift(dan);
  go_on_shift(eve);
  auto request = ticket(ann, 1);
  twice(ann, "ask", request);
  auto trip = trip_in(clients->replies("ask").front());
  offer(eve, trip);
  twice(eve, "no", offer_decline{trip, {}});
  offer(dan, trip);
  twice(dan, "yes", offer_accept{trip});
  twice(dan, "a", trip_arrived{trip, times_square});
  twice(dan, "s", trip_start{trip});
  twice(dan, "c", trip_complete{trip});
  twice(ann, "r", trip_rate{trip, 4, {}});
  twice(dan, "end", shift_end{});
  if (again)
    restart();
  for (auto& x : retries)
    x();
  CHECK(db().journal_of(trip).size() == 7);
  CHECK(db().journal_of(dan).size() == 2);
  CHECK(transfers().size() == 2);
}

TEST_CASE_FIXTURE(ride_fixture, "a driver won by another trip is lost to us") {
  auto trip = matched();
  connect(ben);
  auto other = ask_for_ride(ben);
  // A hold and an acceptance that a driver's actor of another time has sent.
  client_ref from{session_of(dan), dan, "twice"};
  node().send(other, offer_held{dan, now(), 60, false});
  node().send(other, offer_taken{from, dan, now(), 60, false, {}});
  settle();
  CHECK(has(clients->replies("twice").back(), "offer.gone"));
  CHECK(stored(other).phase == trip_phase::matching);
  CHECK(stored(trip).driver == dan);
  auto last = stand_ins->of<want_driver>().back().second;
  CHECK(last.trip == other);
  CHECK(last.excluded.empty());
  // It can still be served by somebody else.
  go_on_shift(eve);
  offer(eve, other);
  CHECK(has(say(eve, "yes", offer_accept{other}), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "without the store nothing is acknowledged") {
  auto trip = matched();
  cut_store();
  CHECK(
    has(say(dan, "a", trip_arrived{trip, times_square}), "\"temporary\":true"));
  advance(61s); // He is silent, but that cannot be written.
  CHECK(node().entities().find(trip));
  cut_store(false);
  CHECK(stored(trip).phase == trip_phase::assigned);
  advance(2s);
  CHECK(stored(trip).phase == trip_phase::matching);
}

TEST_CASE_FIXTURE(ride_fixture, "a trip that is over leaves memory") {
  auto trip = matched();
  say(ann, "x", trip_cancel{trip, {}});
  advance(59s);
  CHECK(node().entities().find(trip));
  advance(2s);
  CHECK_FALSE(node().entities().find(trip));
  CHECK(has(say(ann, "y", trip_cancel{trip, {}}), "trip.illegal_transition"));
  CHECK(node().entities().find(trip));
}

TEST_CASE_FIXTURE(ride_fixture, "after kill -9 a trip goes on where it was") {
  auto trip = trip_id{};
  SUBCASE("matching") {
    connect(ann);
    trip = ask_for_ride(ann);
    restart();
    settle();
    CHECK(stand_ins->of<want_driver>().back().second.trip == trip);
    advance(181s);
    CHECK(stored(trip).phase == trip_phase::expired);
  }
  SUBCASE("offered") {
    connect(ann);
    go_on_shift(dan);
    trip = ask_for_ride(ann);
    offer(dan, trip);
    restart();
    connect(dan);
    CHECK_FALSE(has(clients->states.back().state, "\"offer\""));
    offer(dan, trip);
    CHECK(has(say(dan, "yes", offer_accept{trip}), "\"ack\""));
    CHECK(stored(trip).phase == trip_phase::assigned);
  }
  SUBCASE("assigned, arrived, on the way") {
    trip = matched();
    restart();
    connect(dan);
    CHECK(has(clients->states.back().state, "\"phase\":\"assigned\""));
    REQUIRE_FALSE(clients->follows.empty());
    CHECK(clients->follows.back().trip == trip);
    CHECK(has(say(dan, "a", trip_arrived{trip, times_square}), "\"ack\""));
    restart();
    connect(dan);
    connect(ann);
    CHECK(has(clients->states.back().state, "\"phase\":\"arrived\""));
    CHECK(has(say(dan, "s", trip_start{trip}), "\"ack\""));
    restart();
    CHECK(has(say(dan, "c", trip_complete{trip}), "\"ack\""));
    CHECK(stored(trip).phase == trip_phase::completed);
  }
  SUBCASE("assigned, and the driver never comes back") {
    trip = matched();
    restart();
    advance(21s);
    CHECK(stored(trip).phase == trip_phase::matching);
  }
}

TEST_SUITE_END();
