#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

namespace {

/// What the cells were last told of a driver.
driver_status last_status(const ride_fixture& x, driver_id who) {
  driver_status result;
  for (auto& [cell, status] : x.stand_ins->of<driver_status>())
    if (status.driver == who)
      result = status;
  return result;
}

proposal_verdict last_verdict(const ride_fixture& x) {
  auto all = x.stand_ins->of<proposal_answer>();
  REQUIRE_FALSE(all.empty());
  return all.back().second.verdict;
}

} // namespace

TEST_SUITE_BEGIN("driver actor");

TEST_CASE_FIXTURE(ride_fixture, "a shift begins and ends, durably") {
  connect(dan);
  CHECK(has(clients->states.back().state, "non_operational"));
  CHECK(has(say(dan, "1", shift_end{}), "shift.not_started"));
  CHECK(say(dan, "2", shift_start{}) == R"({"type":"ack","rev":1})");
  CHECK(has(say(dan, "3", shift_start{}), "shift.already_started"));
  restart();
  connect(dan);
  CHECK(has(clients->states.back().state, "\"phase\":\"available\""));
  CHECK(say(dan, "4", shift_end{}) == R"({"type":"ack","rev":2})");
  CHECK(events_of(dan)
        == std::vector<std::string>{"shift_started", "shift_ended"});
}

TEST_CASE_FIXTURE(ride_fixture, "cells hear of a driver what has changed") {
  go_on_shift(dan);
  CHECK(last_status(*this, dan).now == standing::free);
  auto rev = last_status(*this, dan).rev;
  move(dan, union_square);
  auto all = stand_ins->of<driver_status>();
  REQUIRE(all.size() >= 2);
  auto& [old_cell, gone] = all[all.size() - 2];
  auto& [new_cell, here] = all.back();
  CHECK(old_cell != new_cell);
  CHECK(gone.now == standing::gone);
  CHECK(here.now == standing::free);
  CHECK(gone.rev > rev);
  CHECK(here.rev > gone.rev);
  say(dan, "end", shift_end{});
  CHECK(last_status(*this, dan).now == standing::gone);
  // A revision never falls, not even by a restart.
  rev = last_status(*this, dan).rev;
  advance(1s);
  restart();
  connect(dan);
  say(dan, "again", shift_start{});
  move(dan, times_square);
  CHECK(last_status(*this, dan).rev > rev);
}

TEST_CASE_FIXTURE(ride_fixture, "one live offer at a time") {
  connect(ann);
  connect(ben);
  auto first = ask_for_ride(ann);
  auto second = ask_for_ride(ben);
  offer(dan, first);
  CHECK(last_verdict(*this) == proposal_verdict::off_shift);
  go_on_shift(dan);
  propose(dan, first);
  propose(dan, second);
  settle();
  // That he holds the first, its trip makes known.
  CHECK(stand_ins->of<proposal_answer>().size() == 2);
  CHECK(last_verdict(*this) == proposal_verdict::not_free);
  CHECK(last_status(*this, dan).now == standing::busy);
  CHECK(pushes(dan, "offer") == 1);
  CHECK(has(say(dan, "x", offer_accept{second}), "offer.unknown"));
  say(dan, "no", offer_decline{first, {}});
  CHECK(last_status(*this, dan).now == standing::free);
  offer(dan, second);
  CHECK(pushes(dan, "offer") == 2);
}

TEST_CASE_FIXTURE(ride_fixture,
                  "an offer moves on when the connection is lost") {
  connect(ann);
  go_on_shift(dan);
  auto trip = ask_for_ride(ann);
  offer(dan, trip);
  disconnect(dan);
  CHECK(events_of(trip).back() == "offer_closed");
  CHECK(last_status(*this, dan).now == standing::busy);
  offer(dan, trip);
  CHECK(last_verdict(*this) == proposal_verdict::no_session);
  SUBCASE("he comes back in time") {
    advance(19s);
    connect(dan);
    CHECK(last_status(*this, dan).now == standing::free);
    advance(5s);
    CHECK(last_status(*this, dan).now == standing::free);
  }
  SUBCASE("he comes back late") {
    advance(21s);
    CHECK(last_status(*this, dan).now == standing::gone);
    connect(dan);
    CHECK(last_status(*this, dan).now == standing::free);
  }
  SUBCASE("he does not come back") {
    advance(90s);
    CHECK_FALSE(node().entities().find(dan));
  }
}

TEST_CASE_FIXTURE(ride_fixture,
                  "a trip waits for a lost driver, not for long") {
  auto trip = matched();
  disconnect(dan);
  advance(19s);
  CHECK(stored(trip).driver == dan);
  advance(2s);
  CHECK(stored(trip).phase == trip_phase::matching);
  CHECK(has(db().journal_of(trip).back().payload, "connection_lost"));
}

TEST_CASE_FIXTURE(ride_fixture, "a rider in the car is not given away") {
  auto trip = matched();
  say(dan, "a", trip_arrived{trip, times_square});
  say(dan, "s", trip_start{trip});
  disconnect(dan);
  advance(60s);
  CHECK(stored(trip).phase == trip_phase::on_trip);
  connect(dan);
  CHECK(has(clients->states.back().state, "\"phase\":\"on_trip\""));
  CHECK(has(say(dan, "c", trip_complete{trip}), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture,
                  "going home with a trip ends the shift after it") {
  auto trip = matched();
  CHECK(has(say(dan, "end", shift_end{}), "\"ack\""));
  CHECK(has(say(dan, "end2", shift_end{}), "shift.ends_after_trip"));
  SUBCASE("as asked") {
  }
  SUBCASE("also when the node dies meanwhile") {
    restart();
    connect(dan);
    CHECK(has(clients->states.back().state, "\"ends_after_trip\":true"));
  }
  say(dan, "a", trip_arrived{trip, times_square});
  say(dan, "s", trip_start{trip});
  say(dan, "c", trip_complete{trip});
  CHECK(events_of(dan)
        == std::vector<std::string>{"shift_started", "shift_end_asked",
                                    "shift_ended"});
  offer(dan, trip);
  CHECK(last_verdict(*this) == proposal_verdict::off_shift);
}

TEST_CASE_FIXTURE(ride_fixture, "the next trip is queued near the end of one") {
  auto first = matched();
  connect(ben);
  auto second = ask_for_ride(ben);
  offer(dan, second, true);
  CHECK(last_verdict(*this) == proposal_verdict::not_free);
  say(dan, "a", trip_arrived{first, times_square});
  say(dan, "s", trip_start{first});
  drive(dan, first, towards(union_square, times_square, 300));
  auto status = last_status(*this, dan);
  CHECK(status.now == standing::soon_free);
  CHECK(status.at == union_square);
  CHECK(status.free_at > now());

  offer(dan, second, true);
  CHECK(has(last_push(dan, "offer"), "\"queued\":true"));
  SUBCASE("accepted while the first goes on") {
    CHECK(has(say(dan, "yes", offer_accept{second}), "\"ack\""));
    CHECK(stored(second).queued);
    CHECK(db().holder_of({store::claim_kind::driver_next, dan.value})
          == entity_ref{second});
    SUBCASE("also over a crash") {
      restart();
      connect(dan);
      CHECK(has(clients->states.back().state, to_string(first)));
      CHECK(has(clients->states.back().state, to_string(second)));
    }
    SUBCASE("without one") {
    }
    CHECK(has(say(dan, "c", trip_complete{first}), "\"ack\""));
    CHECK(events_of(second).back() == "trip_promoted");
  }
  SUBCASE("accepted after the first is over") {
    say(dan, "c", trip_complete{first});
    CHECK(has(say(dan, "yes", offer_accept{second}), "\"ack\""));
    CHECK(events_of(second).back() == "trip_assigned");
  }
  CHECK_FALSE(stored(second).queued);
  CHECK(stored(second).driver == dan);
  CHECK(db().holder_of({store::claim_kind::driver, dan.value})
        == entity_ref{second});
  CHECK_FALSE(db().holder_of({store::claim_kind::driver_next, dan.value}));
  CHECK(clients->follows.back().trip == second);
  CHECK(has(say(dan, "a2", trip_arrived{second, times_square}), "\"ack\""));
}

TEST_CASE_FIXTURE(ride_fixture, "a late answer to an offer is told so") {
  connect(ann);
  connect(ben);
  go_on_shift(dan);
  auto first = ask_for_ride(ann);
  auto never = ask_for_ride(ben);
  offer(dan, first);
  SUBCASE("its time is up") {
    advance(node().config().offer_timeout + 1s);
  }
  SUBCASE("the rider has cancelled") {
    say(ann, "cancel", trip_cancel{first, {}});
  }
  SUBCASE("he has declined") {
    say(dan, "decline", offer_decline{first, {}});
  }
  CHECK(has(say(dan, "yes", offer_accept{first}), "offer.gone"));
  CHECK(has(say(dan, "no", offer_decline{first, {}}), "offer.gone"));
  CHECK(has(say(dan, "other", offer_accept{never}), "offer.unknown"));
  CHECK(has(say(dan, "none", offer_accept{trip_id{}}), "offer.unknown"));
}

TEST_CASE_FIXTURE(ride_fixture, "old offers are forgotten in the end") {
  go_on_shift(dan);
  constexpr std::uint64_t first = 1000;
  for (auto i = first; i <= first + 8; ++i) {
    offer(dan, trip_id{i});
    say(dan, "no" + std::to_string(i), offer_decline{trip_id{i}, {}});
  }
  CHECK(has(say(dan, "late", offer_accept{trip_id{first + 1}}), "offer.gone"));
  CHECK(has(say(dan, "later", offer_accept{trip_id{first}}), "offer.unknown"));
}

TEST_CASE_FIXTURE(ride_fixture, "a driver hears a new price while connected") {
  go_on_shift(dan);
  auto cell = cell_of(times_square, node().config().cell_level);
  node().send(dan, surge_news{cell, 1250, now()});
  settle();
  CHECK(pushes(dan, "surge") == 1);
  CHECK(last_push(dan, "surge")
        == R"({"type":"surge","cell":")" + to_string(cell)
             + R"(","surge_milli":1250,"changed_at":)"
             + std::to_string(now().ms) + "}");
  CHECK(clients->frames.back().how == delivery::latest);
  disconnect(dan);
  node().send(dan, surge_news{cell, 1500, now()});
  settle();
  CHECK(pushes(dan, "surge") == 1);
}

TEST_CASE_FIXTURE(ride_fixture, "one session for each device") {
  node().send(dan, attach{session(1), "phone"});
  node().send(dan, attach{session(2), "tablet"});
  node().send(dan, attach{session(3), "phone"});
  settle();
  REQUIRE(clients->closed.size() == 1);
  CHECK(clients->closed[0].first == session(1));
  CHECK(clients->closed[0].second == close_code::replaced);
  for (std::uint64_t i = 4; i < 7; ++i)
    node().send(dan, attach{session(i), "d" + std::to_string(i)});
  settle();
  CHECK(clients->closed.size() == 2);
}

TEST_CASE_FIXTURE(ride_fixture, "the console may look inside") {
  auto trip = matched();
  caf::scoped_actor self{system(), true};
  for (auto who : {entity_ref{trip}, entity_ref{dan}, entity_ref{ann}}) {
    auto actor = node().entities().find(who);
    REQUIRE(actor);
    std::string text;
    auto future = self->request(actor, caf::infinite, describe{});
    settle();
    future.receive([&](std::string& x) { text = x; },
                   [](caf::error&) { FAIL("no description"); });
    CHECK(has(text, "\"deadlines_ms\""));
    CHECK(text.front() == '{');
    CHECK(text.back() == '}');
    CHECK(node().entities().watch_of(who)->depth() == 0);
  }
}

TEST_SUITE_END();
