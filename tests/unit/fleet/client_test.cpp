// Goal: what a client can see broken, it reports; what is merely late or lost
// on the net, it lives with. The test plays the server, frame by frame.

#include "bench/fleet/driver.hpp"
#include "bench/fleet/rider.hpp"
#include "tests/unit/fleet/scripted_host.hpp"

using namespace hansom;
using namespace hansom::fleet;
using hansom::tests::stage;

namespace {

constexpr driver_id bob{9};
constexpr driver_id eve{10};
constexpr rider_id ann{7};
constexpr trip_id first{0x11};
constexpr trip_id second{0x22};
const geo_point here = from_degrees(40.75, -73.98);
const geo_point there = from_degrees(40.76, -73.97);

trip_view view(trip_id trip, std::uint32_t rev, trip_phase phase,
               driver_id driver = {}, std::int64_t at = 1000) {
  trip_view x;
  x.trip = trip;
  x.rev = rev;
  x.phase = phase;
  x.driver = driver;
  x.rider = ann;
  x.pickup = here;
  x.dropoff = there;
  x.requested_at = {1000};
  x.changed_at = {at};
  return x;
}

offer_view offer(trip_id trip) {
  offer_view x;
  x.trip = trip;
  x.pickup = here;
  x.dropoff = there;
  x.expires_at = {2'000'000};
  return x;
}

struct driver_stage : stage<driver> {
  driver_stage() : stage{bob, here} {
    driver_view state;
    state.driver = bob;
    welcome(state);
    ack("shift.start");
  }
};

struct rider_stage : stage<rider> {
  rider_stage() : stage{ann} {
    welcome(rider_view{ann, {}});
  }

  void request() {
    who.take({0, here, there});
    quote_view quote;
    quote.quote = "q";
    say(json::frame("quote", quote), {}, host.id_of("quote"));
    ack("trip.request", first);
  }
};

} // namespace

TEST_CASE("a driver goes through a whole ride by himself") {
  driver_stage s;
  CHECK(s.host.count("shift.start") == 1);
  s.push("offer", offer(first));
  CHECK(s.runs_until("offer.accept") < 5);
  s.ack("offer.accept", first);
  s.push("trip", view(first, 2, trip_phase::assigned, bob));
  CHECK(s.runs_until("trip.arrived") < 10);
  s.ack("trip.arrived", first);
  s.push("trip", view(first, 3, trip_phase::arrived, bob));
  CHECK(s.runs_until("trip.start") < 60);
  s.ack("trip.start", first);
  s.push("trip", view(first, 4, trip_phase::on_trip, bob));
  // 1.4 km at 9 m/s, more or less.
  CHECK(s.runs_until("trip.complete") > 90);
  CHECK(s.host.count("position") > 30);
  s.ack("trip.complete", first);
  s.push("trip", view(first, 5, trip_phase::completed, bob));
  CHECK(s.who.rides() == 0);
  CHECK(s.host.broken() == "");
  CHECK(s.host.trips.result().completed == 1);
}

TEST_CASE("I11: a gap, a repetition, a push without a number") {
  for (std::uint64_t number : {1, 3, 4}) {
    driver_stage s;
    s.push("offer", offer(first));
    s.say(json::frame("offer.withdrawn",
                      offer_withdrawn_view{first, offer_outcome::timed_out}),
          number);
    CHECK(s.host.broken() == "I11 ");
    CHECK_FALSE(s.host.stats.violations[0].history.empty());
  }
  driver_stage s;
  s.say(json::frame("trip", view(first, 1, trip_phase::matching)));
  CHECK(s.host.broken() == "I11 ");
}

TEST_CASE("who drops off with all others comes back at once, by resume") {
  driver_stage s;
  s.run_to(3);
  REQUIRE(s.who.online());
  const auto before = s.host.opened;
  s.who.drop_off();
  s.who.drop_off();
  CHECK_FALSE(s.who.online());
  CHECK(s.host.aborted == 1);
  s.run_to(3.2);
  CHECK(s.host.opened == before + 1);
  CHECK(s.host.resumed == 1);
}

TEST_CASE("of several servers: back to the one, on when it is gone") {
  rider_stage x;
  CHECK(x.host.place == 0);
  auto gone = [&] {
    x.who.on_closed(0, "closed");
    auto before = x.host.opened;
    x.run_to(x.host.time + 6);
    CHECK(x.host.opened == before + 1);
  };
  gone(); // Where its session is, first.
  CHECK(x.host.place == 0);
  gone(); // Nobody there.
  CHECK(x.host.place == 1);
  x.who.on_open();
  x.welcome(rider_view{ann, {}});
  gone();
  CHECK(x.host.place == 1);
  x.who.on_open();
  x.welcome(rider_view{ann, {}});
  x.say(go_away_body(1));
  x.run_to(x.host.time + 1);
  CHECK(x.host.place == 2);
}

TEST_CASE("I11: resume replays, or says resync; anything else is broken") {
  for (int variant = 0; variant < 4; ++variant) {
    CAPTURE(variant);
    driver_stage s;
    s.push("offer", offer(first));
    s.who.on_closed(0, "reset");
    s.run_to(1);
    REQUIRE(s.host.opened == 2);
    CHECK(s.host.resumed == 1); // The first time there was nothing to resume.
    s.who.on_open();
    CHECK(s.host.sent.back().find(R"("seq":1)") != std::string::npos);
    driver_view state;
    state.driver = bob;
    state.phase = driver_phase::available;
    if (variant == 0) { // The replay comes.
      s.seq = 2;
      s.welcome(state, true);
      s.seq = 1;
      s.push("offer.withdrawn",
             offer_withdrawn_view{first, offer_outcome::withdrawn});
      s.run_to(30);
      CHECK(s.host.broken() == "");
      CHECK(s.host.stats.resumes == 1);
    } else if (variant == 1) { // It never comes.
      s.seq = 2;
      s.welcome(state, true);
      s.run_to(30);
      CHECK(s.host.broken() == "I11 ");
    } else if (variant == 2) { // The server has forgotten what it said.
      s.seq = 0;
      s.welcome(state, true);
      CHECK(s.host.broken() == "I11 ");
    } else { // A new start, with all there is to know.
      s.seq = 0;
      s.welcome(state, false, "another");
      s.say(resync_body(R"({"driver":"9","phase":"available","trips":[]})"), 0);
      s.push("offer", offer(second));
      CHECK(s.host.broken() == "");
      CHECK(s.host.stats.resyncs == 1);
    }
  }
}

TEST_CASE("I12: a trip that goes back") {
  rider_stage s;
  s.request();
  s.push("trip", view(first, 3, trip_phase::assigned, bob));
  s.push("trip", view(first, 2, trip_phase::matching));
  CHECK(s.host.broken() == "I12 ");
}

TEST_CASE("I2: a driver replaced without a word") {
  rider_stage s;
  s.request();
  s.push("trip", view(first, 2, trip_phase::assigned, bob));
  s.push("trip", view(first, 4, trip_phase::assigned, eve));
  CHECK(s.host.broken() == "I2 ");
  rider_stage told;
  told.request();
  told.push("trip", view(first, 2, trip_phase::assigned, bob));
  told.push("trip", view(first, 3, trip_phase::matching));
  told.push("trip", view(first, 4, trip_phase::assigned, eve));
  CHECK(told.host.broken() == "");
  CHECK(told.host.trips.result().reassigned == 1);
}

TEST_CASE("I2: two clients hear two truths of one revision") {
  trip_ledger ledger;
  CHECK(ledger.heard(view(first, 2, trip_phase::assigned, bob)) == "");
  auto other = ledger.heard(view(first, 2, trip_phase::assigned, eve));
  CHECK(other.starts_with("I2"));
  CHECK(ledger.heard(view(first, 1, trip_phase::matching)) == "");
  // Release and assignment are two revisions.
  CHECK(ledger.heard(view(second, 2, trip_phase::assigned, bob)) == "");
  auto next = ledger.heard(view(second, 3, trip_phase::assigned, eve));
  CHECK(next.starts_with("I2"));
}

TEST_CASE("I5: two ends, or none") {
  rider_stage s;
  s.request();
  s.push("trip", view(first, 2, trip_phase::cancelled));
  s.push("trip", view(first, 3, trip_phase::completed, bob));
  CHECK(s.host.broken() == "I5 ");
  rider_stage open;
  open.request();
  open.push("trip", view(first, 1, trip_phase::matching));
  auto rest = open.host.trips.unfinished();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].starts_with("I5"));
}

TEST_CASE("I4: an acknowledged request of which nobody hears again") {
  rider_stage s;
  s.request();
  auto rest = s.host.trips.unfinished();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].starts_with("I4"));
  CHECK(s.host.promises.size() == 1);
}

TEST_CASE("I4: the full truth lacks his ride, so the rider asks after it") {
  for (bool lost : {true, false}) {
    rider_stage s;
    s.request();
    s.push("trip", view(first, 1, trip_phase::matching));
    s.who.on_closed(0, "reset");
    s.run_to(1);
    s.who.on_open();
    s.welcome(rider_view{ann, {}}, false, "new");
    CHECK(s.runs_until("trip.rate") > 10);
    s.error("trip.rate",
            lost ? error_code::no_such_trip : error_code::illegal_transition);
    CHECK(s.host.broken() == (lost ? "I4 " : ""));
    CHECK(s.host.trips.unfinished().empty());
    CHECK(s.host.freed == 1);
  }
}

TEST_CASE("a repeated request is acknowledged and nothing follows: he asks") {
  rider_stage s;
  s.who.take({0, here, there});
  quote_view quote;
  quote.quote = "q";
  s.say(json::frame("quote", quote), {}, s.host.id_of("quote"));
  s.who.on_closed(0, "reset");
  s.run_to(1);
  s.who.on_open();
  s.welcome(rider_view{ann, {}}, false, "new");
  s.ack("trip.request", first);
  auto opened = s.host.opened;
  auto resumed = s.host.resumed;
  s.run_to(8);
  CHECK(s.host.opened == opened + 1);
  CHECK(s.host.resumed == resumed); // The full truth, and no replay.
  s.who.on_open();
  s.welcome(rider_view{ann, {}}, false, "newer");
  s.push("trip", view(first, 2, trip_phase::expired));
  CHECK(s.host.freed == 1);
  CHECK(s.host.broken() == "");
}

TEST_CASE("the end of a ride that the hello named comes, and nobody asks") {
  rider_stage s;
  CHECK(s.host.sent.back().find("\"trip\"") == std::string::npos);
  s.request();
  s.push("trip", view(first, 1, trip_phase::matching));
  s.who.on_closed(0, "reset");
  s.run_to(1);
  s.who.on_open();
  CHECK(s.host.sent.back().find(R"("trip":")" + to_string(first) + '"')
        != std::string::npos);
  s.welcome(rider_view{ann, {}}, false, "new");
  s.push("trip", view(first, 2, trip_phase::expired));
  CHECK(s.host.freed == 1);
  s.push("trip", view(first, 2, trip_phase::expired)); // Once more: harmless.
  s.run_to(30);
  CHECK(s.host.count("trip.rate") == 0);
  CHECK(s.host.broken() == "");
  CHECK(s.host.trips.unfinished().empty());
}

TEST_CASE("I6: a command that took effect twice") {
  rider_stage s;
  s.request();
  s.ack("trip.request", first);
  CHECK(s.host.broken() == "");
  s.ack("trip.request", second);
  CHECK(s.host.broken() == "I6 ");
  rider_stage used;
  used.who.take({0, here, there});
  quote_view quote;
  quote.quote = "q";
  used.say(json::frame("quote", quote), {}, used.host.id_of("quote"));
  used.error("trip.request", error_code::quote_used);
  CHECK(used.host.broken() == "I6 ");
}

TEST_CASE("nobody on two rides: a driver") {
  driver_stage s;
  s.push("trip", view(first, 2, trip_phase::on_trip, bob));
  s.push("trip", view(second, 2, trip_phase::assigned, bob, 5000));
  CHECK(s.host.broken() == "");
  SUBCASE("the first had ended before, the news was slow") {
    s.push("trip", view(first, 3, trip_phase::completed, bob, 4999));
    s.run_to(30);
    CHECK(s.host.broken() == "");
  }
  SUBCASE("the first ended after the second began") {
    s.push("trip", view(first, 3, trip_phase::completed, bob, 5001));
    CHECK(s.host.broken() == "two rides ");
  }
  SUBCASE("both go on") {
    s.run_to(30);
    CHECK(s.host.broken() == "two rides ");
  }
}

TEST_CASE("nobody on two rides: a queued one may wait") {
  driver_stage s;
  s.push("trip", view(first, 2, trip_phase::on_trip, bob));
  auto next = view(second, 2, trip_phase::assigned, bob);
  next.queued = true;
  s.push("trip", next);
  s.run_to(5);
  CHECK(s.host.broken() == "");
  next.trip = trip_id{0x33};
  s.push("trip", next);
  CHECK(s.host.broken() == "two rides ");
}

TEST_CASE("nobody on two rides: a rider") {
  rider_stage s;
  s.request();
  s.push("trip", view(first, 1, trip_phase::matching));
  s.push("trip", view(second, 1, trip_phase::matching));
  CHECK(s.host.broken() == "two rides ");
}

TEST_CASE("one live offer at a time") {
  driver_stage s;
  s.push("offer", offer(first));
  s.push("offer", offer(second));
  CHECK(s.host.broken() == "one live offer ");
}

TEST_CASE("what is not answered is asked again with the same id") {
  rider_stage s;
  s.who.take({0, here, there});
  const auto id = s.host.id_of("quote");
  s.run_to(11);
  CHECK(s.host.count("quote") == 2);
  CHECK(s.host.id_of("quote") == id);
  s.error("quote", error_code::unknown_outcome);
  s.run_to(20);
  CHECK(s.host.count("quote") == 3);
  s.who.on_closed(0, "reset");
  s.run_to(22);
  s.who.on_open();
  CHECK(s.host.count("quote") == 3);
  s.welcome(rider_view{ann, {}});
  CHECK(s.host.count("quote") == 4);
  CHECK(s.host.id_of("quote") == id);
}

TEST_CASE("a frame that the protocol does not know is a violation") {
  rider_stage s;
  s.who.on_text(R"({"type":"surprise"})");
  s.who.on_text("rubbish");
  s.who.on_text(R"({"type":"trip","seq":1,"trip":"zz"})");
  CHECK(s.host.stats.broken["frame"] == 3);
}
