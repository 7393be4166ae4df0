#include "gateway/session/resume_mirror.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("hello is answered with welcome, and commands with their answer") {
  server s;
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  CHECK(has(welcome, R"("me":"driver/7")"));
  CHECK(has(welcome, R"("seq":0)"));
  CHECK(has(welcome, R"("resumed":false)"));
  CHECK(text_of(welcome, "session").size() == 32);
  c.send_frame(R"({"type":"shift.start","id":"a1"})");
  CHECK(has(c.expect(R"("ack")"), R"("re":"a1")"));
  c.send_frame(R"({"type":"trip.start","id":"a2","trip":"0000000000000005"})");
  CHECK(has(c.expect(R"("ack")"), R"("re":"a2")"));
  CHECK(s.city.count("trip.start trip/0000000000000005") == 1);
  c.send_frame(R"({"type":"trip.start","id":"a3","trip":"0000000000005000"})");
  CHECK(has(c.expect(R"("re":"a3")"), facts(error_code::no_such_trip).code));
  c.send_frame(R"({"type":"heartbeat","seq":0})");
  CHECK_FALSE(c.expect(R"("heartbeat")").empty());
  CHECK(s.metric(R"(hansom_gateway_frames_total{type="shift.start"})") == 1);
}

TEST_CASE("a bearer token in the header stands for the one in hello") {
  server s;
  raw_client c{s.port()};
  auto header =
    "Authorization: Bearer " + s.token(client_role::rider, "9") + "\r\n";
  REQUIRE(c.upgrade(header) == 101);
  c.send_frame(R"({"type":"hello"})");
  CHECK(has(c.expect("welcome"), R"("me":"rider/9")"));
}

TEST_CASE("a websocket that does not say hello is closed") {
  server s{[](auto& x) { x.hello_timeout = 100ms; }};
  raw_client c{s.port()};
  REQUIRE(c.upgrade() == 101);
  CHECK(has(c.read_frame().payload, "session.hello_timeout"));
  CHECK(c.expect_close() == 4502);
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="4502"})") == 1);
}

TEST_CASE("who said hello while nobody read is not blamed") {
  // More than epoll hands out at once: the sweep comes between them.
  constexpr std::size_t waiting = 300;
  static constexpr auto timeout = 1'000ms;
  class sleeper final : public hello_limit {
  public:
    void count(entity_ref, std::function<void()>) override {
      if (!slept.exchange(true))
        std::this_thread::sleep_for(timeout + 500ms);
    }
    std::atomic<bool> slept{false};
  } sleeper;
  auto adapt = [](auto& x) {
    x.threads = 1;
    x.hello_timeout = timeout;
    x.handshakes.per_s = 0;
  };
  server s{adapt, nullptr, &sleeper};
  std::vector<std::unique_ptr<raw_client>> clients;
  while (clients.size() < waiting) {
    clients.push_back(std::make_unique<raw_client>(s.port()));
    REQUIRE(clients.back()->upgrade() == 101);
  }
  for (auto& x : clients)
    x->send_frame(s.hello());
  for (auto& x : clients)
    CHECK_FALSE(x->expect("\"welcome\"").empty());
  CHECK(s.metric(R"(hansom_gateway_closes_total{code="4502"})") <= 0);
}

TEST_CASE("a bad hello is refused, each with its own reason") {
  server s;
  auto attempt = [&](const std::string& frame, std::string_view code,
                     int close) {
    raw_client c{s.port()};
    REQUIRE(c.upgrade() == 101);
    c.send_frame(frame);
    CAPTURE(frame);
    CHECK(has(c.read_frame().payload, code));
    CHECK(c.expect_close() == close);
  };
  auto name = [](error_code x) { return facts(x).code; };
  attempt(R"({"type":"heartbeat"})", name(error_code::hello_expected), 4503);
  attempt("nonsense", name(error_code::bad_json), 4503);
  attempt(R"({"type":"hello"})", name(error_code::unauthenticated), 4501);
  attempt(R"({"type":"hello","token":"a.b.c"})",
          name(error_code::unauthenticated), 4501);
  attempt(R"({"type":"hello","token":")"
            + s.token(client_role::driver, "7", -1s) + "\"}",
          name(error_code::token_expired), 4501);
  attempt(s.hello(client_role::viewer, "v"), name(error_code::forbidden), 4505);
  CHECK(s.city.count("attach driver/7") == 0);
}

TEST_CASE("an entity that does not answer is no welcome") {
  server s{[](auto& x) { x.attach_timeout = 100ms; }};
  s.city.silent_to_attach = true;
  raw_client c{s.port()};
  c.upgrade();
  c.send_frame(s.hello());
  CHECK(has(c.read_frame().payload, "store.unavailable"));
  CHECK(c.expect_close() == 4005);
}

TEST_CASE("an upgrade must be for us, from where it may, without a secret") {
  server s{[](auto& x) { x.origins = {"https://ours.example"}; }};
  auto attempt = [&](std::string_view headers, std::string_view target,
                     std::string_view subprotocol) {
    return raw_client{s.port()}.upgrade(headers, target, subprotocol);
  };
  CHECK(attempt({}, "/v1/ws", "hansom.v1.json") == 101);
  CHECK(attempt({}, "/v1/ws", "other, hansom.v1.json") == 101);
  CHECK(attempt({}, "/v1/ws", "other") == 400);
  CHECK(attempt({}, "/v1/ws", "") == 400);
  CHECK(attempt({}, "/v1/other", "hansom.v1.json") == 404);
  CHECK(attempt({}, "/v1/ws?token=abc", "hansom.v1.json") == 400);
  CHECK(attempt("Origin: https://ours.example\r\n", "/v1/ws", "hansom.v1.json")
        == 101);
  CHECK(attempt("Origin: https://evil.example\r\n", "/v1/ws", "hansom.v1.json")
        == 403);
  CHECK(attempt("Authorization: Bearer a.b.c\r\n", "/v1/ws", "hansom.v1.json")
        == 401);
}

TEST_CASE("a token's end is announced, and can be put off") {
  server s;
  raw_client c{s.port()};
  c.upgrade();
  c.send_frame(R"({"type":"hello","token":")"
               + s.token(client_role::driver, "7", 2s) + "\"}");
  CHECK_FALSE(c.expect("token.expiring").empty());
  c.send_frame(R"({"type":"token.refresh","id":"r0","token":")"
               + s.token(client_role::driver, "8") + "\"}");
  CHECK(has(c.expect("error"), facts(error_code::forbidden).code));
  c.send_frame(R"({"type":"token.refresh","id":"r1","token":")"
               + s.token(client_role::driver, "7", 4s) + "\"}");
  CHECK(has(c.expect("ack"), R"("re":"r1")"));
  CHECK(c.expect_close(6000ms) == 4003);
}

TEST_CASE("a revoked token is refused, and its sessions are closed") {
  server s;
  auto now = s.actors->now();
  auto hello = [&](std::string_view subject, timestamp issued,
                   std::string_view id) {
    return R"({"type":"hello","token":")"
           + issue_token(test_secret, client_role::driver, subject,
                         now + milliseconds{3'600'000}, issued, id)
           + "\"}";
  };
  auto come = [&](raw_client& c, const std::string& frame) {
    c.upgrade();
    c.send_frame(frame);
    return c.read_frame().payload;
  };
  auto earlier = now - milliseconds{60'000};
  raw_client by_id{s.port()}, by_time{s.port()}, other{s.port()};
  CHECK(has(come(by_id, hello("7", now, "t1")), "welcome"));
  CHECK(has(come(by_time, hello("8", earlier, "t2")), "welcome"));
  CHECK(has(come(other, hello("9", earlier, "t3")), "welcome"));
  revocation token;
  token.token_id = "t1";
  REQUIRE(s.door->revoke(token));
  revocation client;
  client.role = client_role::driver;
  client.subject = "8";
  client.issued_before = now - milliseconds{1000};
  REQUIRE(s.door->revoke(client));
  CHECK(by_id.expect_close() == 4501);
  CHECK(by_time.expect_close() == 4501);
  raw_client again{s.port()}, old{s.port()}, fresh{s.port()};
  CHECK(has(come(again, hello("7", now, "t1")), "revoked"));
  CHECK(again.expect_close() == 4501);
  CHECK(has(come(old, hello("8", earlier, "t4")), "revoked"));
  CHECK(has(come(fresh, hello("8", now, "t5")), "welcome"));
  // A session cannot be put on a revoked token either.
  auto refresh = hello("9", now, "t1");
  refresh.replace(0, refresh.find(",\"token\""),
                  R"({"type":"token.refresh","id":"r")");
  other.send_frame(refresh);
  CHECK(has(other.expect(R"("re":"r")"), "revoked"));
  other.send_frame(R"({"type":"heartbeat"})");
  CHECK_FALSE(other.expect("heartbeat").empty());
}
