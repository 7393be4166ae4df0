// hello.trip: when an entity is asked how a trip ended that its client thinks
// it is on.

#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

namespace {

constexpr std::string_view believes = R"(,"trip":"00a1000000000001")";
constexpr const char* asked = "driver/7 believes in 00a1000000000001";

/// Everything that the client's welcome has brought about has happened.
void round_trip(raw_client& c) {
  c.send_frame(R"({"type":"shift.start","id":"x"})");
  CHECK(has(c.expect("ack"), R"("re":"x")"));
}

/// A client with two pushes, of which it has heard one, and no connection.
std::string leave(server& s) {
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  s.push(R"({"type":"trip","n":1})");
  s.push(R"({"type":"trip","n":2})");
  c.expect(R"("n":2)");
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7"));
  return welcome;
}

} // namespace

TEST_CASE("a new session's entity is asked about the trip, after the welcome") {
  server s;
  raw_client c{s.port()};
  s.greet(c, client_role::driver, "7", believes);
  round_trip(c);
  CHECK(s.city.count(asked) == 1);
  raw_client silent{s.port()};
  s.greet(silent, client_role::driver, "8");
  round_trip(silent);
  CHECK(s.city.count("driver/8 believes in 0000000000000000") == 0);
}

TEST_CASE("who gets all that it missed has nothing to ask") {
  server s;
  auto welcome = leave(s);
  raw_client c{s.port()};
  auto again = s.greet(c, client_role::driver, "7",
                       resume_of(welcome, 1) + std::string{believes});
  CHECK(has(again, R"("resumed":true)"));
  round_trip(c);
  CHECK(s.city.count(asked) == 0);
}

TEST_CASE("who gets a resync instead is asked for") {
  server s{[](auto& x) { x.ring_events_max = 1; }};
  auto welcome = leave(s);
  raw_client c{s.port()};
  auto again = s.greet(c, client_role::driver, "7",
                       resume_of(welcome, 0) + std::string{believes});
  CHECK(has(again, R"("resumed":false)"));
  round_trip(c);
  CHECK(s.city.count(asked) == 1);
}

TEST_CASE("an entity that starts anew is asked again, until the trip is told") {
  server s;
  raw_client c{s.port()};
  s.greet(c, client_role::driver, "7", believes);
  round_trip(c);
  auto here = s.city.last_session();
  s.door->attached(here, R"({"me":"anew"})");
  REQUIRE(s.city.wait_for(asked, 2));
  s.push(R"({"type":"trip","trip":"00a1000000000002","rev":3})");
  s.door->attached(here, R"({"me":"anew"})");
  REQUIRE(s.city.wait_for(asked, 3));
  s.push(R"({"type":"trip","trip":"00a1000000000001","rev":3})");
  s.door->attached(here, R"({"me":"anew"})");
  round_trip(c);
  CHECK(s.city.count(asked) == 3);
}

TEST_CASE("a trip that is none is a fault of the hello") {
  server s;
  raw_client c{s.port()};
  c.upgrade();
  c.send_frame(s.hello(client_role::driver, "7", R"(,"trip":"the last one")"));
  CHECK(has(c.expect("error"), "/trip"));
}
