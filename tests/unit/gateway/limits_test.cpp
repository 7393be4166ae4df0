#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("commands above the limits are refused and counted") {
  server s{[](auto& x) {
    x.commands = {1, 6};
    x.in_flight_max = 3;
    x.command_timeout = 300ms;
  }};
  s.city.silent_to_commands = true;
  raw_client c{s.port()};
  s.greet(c);
  for (int i = 0; i < 8; ++i)
    c.send_frame(R"({"type":"shift.start","id":"a)" + std::to_string(i)
                 + "\"}");
  CHECK(has(c.expect("session.too_many_in_flight"), R"("re":"a3")"));
  auto refused = c.expect("session.rate_limited");
  CHECK(has(refused, R"("re":"a6")"));
  CHECK(has(refused, "retry_after_ms"));
  for (auto* id : {"a0", "a1", "a2"})
    CHECK(has(c.expect("system.unknown_outcome"),
              R"("re":")" + std::string{id} + '"'));
  CHECK(s.metric("hansom_gateway_errors_total{code=\"session.rate_limited\"}")
        == 2);
}

TEST_CASE("new work beyond the bound is refused, open trips go on") {
  server s{[](auto& x) {
    x.threads = 1;
    x.admission.unanswered_max = 1;
  }};
  raw_client driver{s.port()}, rider{s.port()};
  s.greet(driver);
  s.greet(rider, client_role::rider, "9");
  s.city.silent_to_commands = true;
  driver.send_frame(R"({"type":"shift.start","id":"a1"})");
  REQUIRE(s.city.wait_for("shift.start driver/7"));
  rider.send_frame(
    R"({"type":"nearby","id":"n1","at":{"lat":40.7,"lon":-73.9}})");
  auto refused = rider.expect(R"("re":"n1")");
  CHECK(has(refused, facts(error_code::overloaded).code));
  CHECK(has(refused, "retry_after_ms"));
  CHECK(s.metric(R"(hansom_gateway_drops_total{reason="overload_full"})") == 1);
  driver.send_frame(
    R"({"type":"trip.start","id":"a2","trip":"0000000000000005"})");
  CHECK(s.city.wait_for("trip.start trip/0000000000000005"));
}

TEST_CASE("a command said twice at once is passed on once") {
  server s;
  s.city.silent_to_commands = true;
  raw_client c{s.port()};
  s.greet(c);
  c.send_frame(R"({"type":"shift.start","id":"a"})");
  c.send_frame(R"({"type":"shift.start","id":"a"})");
  c.send_frame(R"({"type":"heartbeat"})");
  c.expect("heartbeat");
  REQUIRE(s.city.wait_for("shift.start driver/7"));
  CHECK(s.city.count("shift.start driver/7") == 1);
}

TEST_CASE("who goes on above the limit is closed") {
  server s{[](auto& x) {
    x.commands = {1, 1};
    x.faults = {1, 5};
  }};
  raw_client c{s.port()};
  s.greet(c);
  for (int i = 0; i < 20; ++i)
    c.send_frame(R"({"type":"shift.end","id":"a)" + std::to_string(i) + "\"}");
  CHECK(c.expect_close() == 4504);
}
