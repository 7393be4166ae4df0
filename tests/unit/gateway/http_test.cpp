#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("health, metrics and problems over one kept connection") {
  server s;
  raw_client c{s.port()};
  auto ready = c.get("/health/ready");
  CHECK(has(ready, "200 OK"));
  for (auto* part :
       {"\"status\":\"healthy\"", "\"timestamp\":\"2025-06-15T",
        "\"version\":", "\"checks\":{\"gateway\"", "\"uptime_seconds\":"})
    CHECK(has(ready, part));
  CHECK(has(c.get("/health/live"), "healthy"));
  CHECK(has(c.get("/metrics"), "hansom_gateway_connections 1"));
  auto missing = c.get("/nothing");
  CHECK(has(missing, "404 Not Found"));
  CHECK(has(missing, "application/problem+json"));
  CHECK(has(c.get("/v1/ws"), "426"));
  // Two at once, answered in order.
  c.send_raw("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(has(c.get("/none"), "200 OK"));
  CHECK(has(c.http(""), "404"));
}

TEST_CASE("requests that are too large or no HTTP are refused") {
  server s;
  auto answer = [&](const std::string& request) {
    return raw_client{s.port()}.http(request);
  };
  CHECK(
    has(answer("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
        "431"));
  CHECK(
    has(answer("POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\nx"), "413"));
  CHECK(has(answer("rubbish\r\n\r\n"), "400"));
}

TEST_CASE("under many handshakes those who resume come first") {
  server s{[](auto& x) {
    x.threads = 1;
    x.handshakes = {1, 8};
  }};
  std::string welcome;
  {
    raw_client c{s.port()};
    welcome = s.greet(c);
  }
  for (int i = 0; i < 5; ++i)
    CHECK(raw_client{s.port()}.upgrade() == 101);
  CHECK(raw_client{s.port()}.upgrade() == 503);
  raw_client back{s.port()};
  REQUIRE(back.upgrade({}, "/v1/ws?resume") == 101);
  back.send_frame(s.hello(client_role::driver, "7", resume_of(welcome, 0)));
  CHECK(has(back.expect("welcome"), R"("resumed":true)"));
  raw_client liar{s.port()};
  REQUIRE(liar.upgrade({}, "/v1/ws?resume") == 101);
  liar.send_frame(s.hello(client_role::rider, "9"));
  CHECK(text_of(liar.read_frame().payload, "where") == "/resume");
  CHECK(liar.expect_close() == 4503);
  CHECK(raw_client{s.port()}.upgrade({}, "/v1/ws?resume") == 503);
}

TEST_CASE("connections and handshakes above the limits are turned away") {
  server s{[](auto& x) {
    x.connections_max = 3;
    x.threads = 1;
    x.handshakes = {1, 2};
  }};
  raw_client a{s.port()};
  raw_client b{s.port()};
  raw_client c{s.port()};
  CHECK(a.upgrade() == 101);
  CHECK(b.upgrade() == 101);
  CHECK(c.upgrade() == 503);
  c.cut();
  b.cut();
  for (int i = 0; i < 200 && s.door->figures().connections > 1; ++i)
    std::this_thread::sleep_for(10ms);
  raw_client d{s.port()};
  raw_client e{s.port()};
  CHECK(has(d.get("/health/live"), "200"));
  CHECK(has(e.get("/health/live"), "200"));
  raw_client f{s.port()};
  CHECK_FALSE(has(f.get("/health/live"), "200"));
}
