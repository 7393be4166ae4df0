#include "gateway/connection/websocket_frame.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("a slow client is closed at the cap, others do not notice") {
  server s{[](auto& x) { x.send_buffer = 8192; }};
  raw_client slow{s.port(), false, 4096};
  auto welcome = s.greet(slow);
  auto session = s.city.last_session();
  raw_client other{s.port()};
  s.greet(other, client_role::rider, "9");
  std::string padding(2000, 'x');
  for (int i = 1; i <= 400; ++i)
    s.door->deliver({session,
                     delivery::event,
                     {},
                     R"({"type":"trip","x":")" + padding + "\"}"});
  REQUIRE(s.city.wait_for("detach driver/7"));
  other.send_frame(R"({"type":"heartbeat"})");
  CHECK_FALSE(other.expect("heartbeat", 1000ms).empty());
  CHECK(s.metric("hansom_gateway_closes_total{code=\"4000\"}") == 1);
  CHECK(s.metric("hansom_gateway_drops_total{reason=\"outbox_full\"}") == 1);
  raw_client back{s.port()};
  auto again = s.greet(back, client_role::driver, "7", resume_of(welcome, 390));
  CHECK(has(again, R"("resumed":true)"));
  for (int i = 391; i <= 400; ++i)
    CHECK(
      has(back.read_frame().payload, R"("seq":)" + std::to_string(i) + ','));
}

TEST_CASE("two missed heartbeats close the socket, a ping is a sign of life") {
  server s{[](auto& x) { x.heartbeat = 600ms; }};
  raw_client silent{s.port()};
  s.greet(silent);
  raw_client pinging{s.port()};
  s.greet(pinging, client_role::rider, "9");
  for (int i = 0; i < 10; ++i) {
    pinging.send_frame({}, 9);
    std::this_thread::sleep_for(150ms);
  }
  CHECK(silent.expect_close() == 4001);
  pinging.send_frame(R"({"type":"heartbeat"})");
  CHECK_FALSE(pinging.expect("heartbeat").empty());
}

TEST_CASE("a frame of any size begins as RFC 6455 says") {
  auto head = [](std::size_t size) {
    std::string out;
    append_text_frame(out, std::string(size, 'x'));
    auto begin = out.substr(0, out.find('x'));
    CHECK(out.size() == begin.size() + size);
    return begin;
  };
  using namespace std::string_literals;
  CHECK(head(0) == "\x81\x00"s);
  CHECK(head(125) == "\x81\x7d"s);
  CHECK(head(126) == "\x81\x7e\x00\x7e"s);
  CHECK(head(65'535) == "\x81\x7e\xff\xff"s);
  CHECK(head(65'536) == "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST_CASE("all that is said to a client in one turn is one write") {
  server s;
  std::string welcome;
  {
    raw_client c{s.port()};
    welcome = s.greet(c);
    for (int i = 1; i <= 40; ++i)
      s.push(R"({"type":"trip","n":)" + std::to_string(i) + '}');
    c.expect(R"("n":40)");
  }
  REQUIRE(s.city.wait_for("detach driver/7"));
  auto writes = s.metric("hansom_gateway_writes_total");
  auto frames = s.metric("hansom_gateway_sent_frames_total");
  raw_client c{s.port()};
  s.greet(c, client_role::driver, "7", resume_of(welcome, 0));
  for (int i = 1; i <= 40; ++i)
    CHECK(has(c.read_frame().payload, R"("seq":)" + std::to_string(i) + ','));
  CHECK(s.metric("hansom_gateway_sent_frames_total") - frames == 41);
  // One; and perhaps the farewell to the client that has gone.
  CHECK(s.metric("hansom_gateway_writes_total") - writes <= 2);
}

TEST_CASE("pongs and frames never mix, however slowly a client reads") {
  server s{[](auto& x) { x.send_buffer = 4096; }};
  raw_client c{s.port(), false, 4096};
  s.greet(c);
  auto session = s.city.last_session();
  std::string padding(3000, 'x');
  constexpr int frames = 60, pings = 20;
  for (int i = 1; i <= frames; ++i) {
    s.door->deliver({session,
                     delivery::event,
                     {},
                     R"({"type":"trip","x":")" + padding + "\"}"});
    if (i % (frames / pings) == 0)
      c.send_frame("are you there?", 9);
  }
  std::this_thread::sleep_for(50ms); // All buffers are full now.
  int seen = 0, pongs = 0;
  while (seen < frames || pongs < pings) {
    auto got = c.read_frame();
    if (got.opcode == 10) {
      CHECK(got.payload == "are you there?");
      ++pongs;
      continue;
    }
    REQUIRE(got.opcode == 1);
    CHECK(has(got.payload, R"({"seq":)" + std::to_string(++seen) + ','));
    CHECK(got.payload.size() > padding.size());
  }
  s.door->close(session, close_code::replaced);
  CHECK(c.expect_close() == 4500);
}

TEST_CASE("what was said before the end still arrives, then the close frame") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  auto session = s.city.last_session();
  for (int i = 1; i <= 50; ++i)
    s.push(R"({"type":"trip","n":)" + std::to_string(i) + '}');
  s.door->close(session, close_code::replaced);
  CHECK_FALSE(c.expect(R"("n":50)").empty());
  CHECK(c.read_frame().close_code() == 4500);
}
