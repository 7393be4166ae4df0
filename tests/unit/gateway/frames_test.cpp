#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("every bad frame gets its own error, and the session lives") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  auto attempt = [&](const std::string& frame, error_code why,
                     std::string_view where = {}, int opcode = 1) {
    c.send_frame(frame, opcode);
    auto got = c.read_frame().payload;
    CAPTURE(frame.substr(0, 60));
    CAPTURE(got);
    CHECK(has(got, R"("code":")" + std::string{facts(why).code} + '"'));
    CHECK(text_of(got, "where") == where);
  };
  attempt("{", error_code::bad_json);
  attempt("{}", error_code::missing_field, "/type");
  attempt(R"({"type":"no.such"})", error_code::unknown_type, "/type");
  attempt(R"({"type":"shift.start"})", error_code::missing_field, "/id");
  attempt(R"({"type":"offer.accept","id":"1","trip":5})",
          error_code::wrong_type, "/trip");
  attempt(R"({"type":"shift.end","id":"1","extra":5})",
          error_code::unknown_field, "/extra");
  attempt(R"({"type":"nearby","id":"1","at":{"lat":91,"lon":0}})",
          error_code::out_of_range, "/at/lat");
  attempt(R"({"type":"x","a":[[[[[[[[[[1]]]]]]]]]]})", error_code::too_deep);
  attempt(std::string(4097, ' '), error_code::too_large);
  attempt("abc", error_code::not_text, {}, 2);
  c.send_frame(R"({"type":"shift.start","id":"ok"})");
  CHECK(has(c.expect("ack"), R"("re":"ok")"));
  CHECK(s.metric("hansom_gateway_frames_total{type=\"bad\"}") == 10);
}

TEST_CASE("bytes that are no UTF-8 end the connection") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  c.send_frame("\xff\xfe"); // RFC 6455 asks for 1007.
  CHECK(c.expect_close() == 1007);
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7"));
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="1007"})") == 1);
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="peer"})") == 0);
  CHECK(s.metric(R"(hansom_gateway_frames_total{type="bad"})") == 1);
}

TEST_CASE("a frame without a mask is no client's, and ends the connection") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  c.send_raw(std::string("\x81\x02{}", 4));
  CHECK(c.expect_close() == 1002);
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7"));
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="1002"})") == 1);
}

TEST_CASE("a frame that is far too long ends the connection") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  c.send_frame(std::string(100'000, ' '));
  CHECK(c.expect_close() == 1009);
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7"));
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="1009"})") == 1);
}

TEST_CASE("riders cannot drive and drivers cannot ride") {
  server s;
  raw_client driver{s.port()};
  s.greet(driver);
  driver.send_frame(R"({"type":"trip.request","id":"1","quote":"q"})");
  CHECK(has(driver.expect("error"), facts(error_code::forbidden).code));
  raw_client rider{s.port()};
  s.greet(rider, client_role::rider, "9");
  rider.send_frame(R"({"type":"shift.start","id":"1"})");
  CHECK(has(rider.expect("error"), facts(error_code::forbidden).code));
  rider.send_frame(position_at("40.7580000", 1'750'000'000'000));
  CHECK(has(rider.expect("error"), facts(error_code::forbidden).code));
}

TEST_CASE("positions reach their cell, their trip, and seldom the driver") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  auto t = s.actors->now().ms;
  c.send_frame(position_at("40.7580000", t - 3000));
  REQUIRE(s.city.wait_for("moved driver/7"));
  c.send_frame(position_at("40.7580100", t - 2000));
  c.send_frame(position_at("40.7580100", t - 2000)); // A duplicate.
  c.send_frame(position_at("40.9580100", t - 1000)); // A jump.
  s.door->follow(s.city.last_session(), trip_id{5});
  std::this_thread::sleep_for(50ms);
  c.send_frame(position_at("40.7580200", t - 1000));
  REQUIRE(s.city.wait_for("trip position"));
  for (int i = 0; i < 100 && s.city.positions < 3; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(s.city.positions == 3);
  CHECK(s.city.count("moved driver/7") == 1);
  auto verdict = [&](const std::string& x) {
    return s.metric("hansom_gateway_positions_total{verdict=\"" + x + "\"}");
  };
  CHECK(verdict("accepted") == 3);
  CHECK(verdict("duplicate") == 1);
  CHECK(verdict("jump") == 1);
  c.send_frame(position_at("40.7580200", t + 3'600'000));
  auto refused = c.expect("error");
  CHECK(has(refused, "clock"));
  CHECK(text_of(refused, "where") == "/time");
}
