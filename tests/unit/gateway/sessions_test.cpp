#include "actors/cell/cell_cover.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <thread>

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("a client that comes back gets exactly what it missed") {
  server s;
  std::string welcome;
  {
    raw_client c{s.port()};
    welcome = s.greet(c);
    for (int i = 1; i <= 3; ++i)
      s.push(R"({"type":"trip","n":)" + std::to_string(i) + '}');
    CHECK(has(c.expect(R"("n":3)"), R"("seq":3)"));
  }
  REQUIRE(s.city.wait_for("detach driver/7"));
  for (int i = 4; i <= 5; ++i)
    s.push(R"({"type":"trip","n":)" + std::to_string(i) + '}');
  raw_client c{s.port()};
  auto again = s.greet(c, client_role::driver, "7", resume_of(welcome, 2));
  CHECK(has(again, R"("resumed":true)"));
  CHECK(has(again, R"("seq":5)"));
  CHECK(text_of(again, "session") == text_of(welcome, "session"));
  for (int i = 3; i <= 5; ++i)
    CHECK(c.read_frame().payload
          == R"({"seq":)" + std::to_string(i) + R"(,"type":"trip","n":)"
               + std::to_string(i) + '}');
  s.push(R"({"type":"trip","n":6})"); // And goes on from there.
  CHECK(has(c.read_frame().payload, R"("seq":6)"));
  CHECK(s.metric("hansom_gateway_resumes_total{outcome=\"replayed\"}") == 1);
}

TEST_CASE("a client resumes through any worker") {
  server s{[](auto& x) { x.threads = 4; }};
  std::string welcome;
  {
    raw_client c{s.port()};
    welcome = s.greet(c);
    s.push(R"({"type":"trip","n":1})");
    c.expect(R"("n":1)");
  }
  for (std::size_t round = 1; round <= 6; ++round) {
    REQUIRE(s.city.wait_for("detach driver/7", round));
    raw_client c{s.port()};
    auto again = s.greet(c, client_role::driver, "7", resume_of(welcome, 0));
    CHECK(has(again, R"("resumed":true)"));
    CHECK(has(c.read_frame().payload, R"("n":1)"));
    c.send_frame(R"({"type":"shift.start","id":"x"})");
    CHECK(has(c.expect("ack"), R"("re":"x")"));
    c.send_frame(R"({"type":"heartbeat","seq":0})");
    CHECK_FALSE(c.expect("heartbeat").empty());
  }
}

TEST_CASE("what can no longer be replayed is an explicit resync") {
  server s{[](auto& x) { x.ring_events_max = 3; }};
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  for (int i = 1; i <= 6; ++i)
    s.push(R"({"type":"trip","n":)" + std::to_string(i) + '}');
  c.expect(R"("n":6)");
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7"));
  raw_client d{s.port()};
  auto again = s.greet(d, client_role::driver, "7", resume_of(welcome, 1));
  CHECK(has(again, R"("resumed":false)"));
  CHECK(has(again, R"("seq":6)"));
  auto resync = d.read_frame().payload;
  CHECK(has(resync, R"("type":"resync")"));
  CHECK(has(resync, R"("seq":6)"));
  CHECK(has(resync, R"("me":"driver/7")"));
  s.push(R"({"type":"trip","n":7})");
  CHECK(has(d.read_frame().payload, R"("seq":7)"));
}

TEST_CASE("another client's session cannot be resumed") {
  server s;
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  raw_client thief{s.port()};
  auto other = s.greet(thief, client_role::driver, "8", resume_of(welcome, 0));
  CHECK(has(other, R"("resumed":false)"));
  CHECK(text_of(other, "session") != text_of(welcome, "session"));
  CHECK(has(thief.read_frame().payload, "resync"));
  c.send_frame(R"({"type":"heartbeat"})"); // Undisturbed.
  CHECK_FALSE(c.expect("heartbeat").empty());
}

TEST_CASE("a session is forgotten in time, and its entity told") {
  server s{[](auto& x) { x.session_kept = 100ms; }};
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  c.cut();
  REQUIRE(s.city.wait_for("detach driver/7", 2));
  raw_client d{s.port()};
  auto again = s.greet(d, client_role::driver, "7", resume_of(welcome, 0));
  CHECK(has(again, R"("resumed":false)"));
}

TEST_CASE("a resume takes over from a connection that still looks alive") {
  server s;
  raw_client c{s.port()};
  auto welcome = s.greet(c);
  raw_client d{s.port()};
  auto again = s.greet(d, client_role::driver, "7", resume_of(welcome, 0));
  CHECK(has(again, R"("resumed":true)"));
  CHECK(c.expect_close() == 4500);
  s.push(R"({"type":"trip","n":1})");
  CHECK(has(d.expect(R"("n":1)"), R"("seq":1)"));
}

TEST_CASE("an entity that is on another node now gets to know its clients") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  raw_client other{s.port()};
  s.greet(other, client_role::driver, "8");
  raw_client away{s.port()};
  auto welcome = s.greet(away, client_role::driver, "9");
  away.cut();
  REQUIRE(s.city.wait_for("detach driver/9"));
  auto shard_of_driver = [](std::uint64_t x) {
    return shard_of({entity_kind::driver, x});
  };
  REQUIRE(shard_of_driver(7) != shard_of_driver(8));
  shard_set moved;
  moved.set(shard_of_driver(7));
  moved.set(shard_of_driver(9));
  s.city.silent_to_attach = true; // It is on its way: the first gets lost.
  s.door->reattach(moved);
  REQUIRE(s.city.wait_for("attach driver/7", 2));
  s.city.silent_to_attach = false;
  CHECK(has(c.expect("resync"), R"("me":"driver/7")"));
  CHECK(s.city.count("attach driver/7") == 3);
  CHECK(s.city.count("attach driver/8") == 1);
  // Nobody kept what happened meanwhile.
  raw_client back{s.port()};
  auto again = s.greet(back, client_role::driver, "9", resume_of(welcome, 0));
  CHECK(has(again, R"("resumed":false)"));
  CHECK(has(back.expect("resync"), R"("me":"driver/9")"));
}

TEST_CASE("after a move drivers and their cells are told again who is where") {
  server s;
  std::vector<std::unique_ptr<raw_client>> drivers;
  constexpr std::array<const char*, 3> at = {"40.7580000", "40.7580000",
                                             "40.9580000"};
  auto shard_at = [&](std::int32_t lat_e7) {
    return shard_of(
      cell_of({lat_e7, -739'855'000}, s.actors->config().cell_level));
  };
  for (std::size_t i = 0; i < at.size(); ++i) {
    auto name = std::to_string(i + 7);
    drivers.push_back(std::make_unique<raw_client>(s.port()));
    s.greet(*drivers.back(), client_role::driver, name);
    drivers.back()->send_frame(position_at(at[i], s.actors->now().ms - 3000));
    REQUIRE(s.city.wait_for("moved driver/" + name));
  }
  raw_client nowhere{s.port()}; // Has not said where he is.
  s.greet(nowhere, client_role::driver, "10");
  shard_set moved;
  moved.set(shard_at(407'580'000));
  moved.set(shard_of({entity_kind::driver, 10}));
  REQUIRE_FALSE(moved.test(shard_at(409'580'000)));
  for (std::uint64_t i = 7; i < 10; ++i)
    REQUIRE_FALSE(moved.test(shard_of({entity_kind::driver, i})));
  s.door->reattach(moved);
  CHECK(s.city.wait_for("moved driver/7", 2));
  CHECK(s.city.wait_for("moved driver/8", 2));
  CHECK(s.city.wait_for("attach driver/10", 2));
  moved.reset();
  moved.set(shard_of({entity_kind::driver, 9})); // Himself, and not his cell.
  s.door->reattach(moved);
  CHECK(s.city.wait_for("moved driver/9", 2));
  CHECK(s.city.count("moved driver/7") == 2);
  CHECK(s.city.count("moved driver/9") == 2);
  CHECK(s.city.count("moved driver/10") == 0);
}

TEST_CASE("an entity closes a session that a newer one replaces") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  s.door->close(s.city.last_session(), close_code::replaced);
  CHECK(c.expect_close() == 4500);
  // The close frame leaves before the session does.
  for (int i = 0; i < 200 && s.door->figures().sessions != 0; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(s.door->figures().sessions == 0);
}

TEST_CASE("who says hello while the gateway drains is sent away, too") {
  server s;
  raw_client known{s.port()};
  auto welcome = s.greet(known);
  raw_client back{s.port()};
  raw_client fresh{s.port()};
  REQUIRE(back.upgrade() == 101);
  REQUIRE(fresh.upgrade() == 101);
  s.door->drain(100ms);
  CHECK(known.expect_close() == 4002);
  back.send_frame(s.hello(client_role::driver, "7", resume_of(welcome, 0)));
  fresh.send_frame(s.hello(client_role::driver, "8"));
  for (auto* x : {&back, &fresh}) {
    CHECK_FALSE(x->expect("\"welcome\"").empty());
    CHECK(x->expect_close() == 4002);
  }
}

TEST_CASE("a draining gateway sends its clients away and takes no new ones") {
  server s;
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 1; i <= 10; ++i) {
    clients.push_back(std::make_unique<raw_client>(s.port()));
    s.greet(*clients.back(), client_role::driver, std::to_string(i));
  }
  s.door->drain(300ms);
  for (auto& x : clients) {
    CHECK(has(x->expect("go_away"), "reconnect_ms"));
    CHECK(x->expect_close() == 4002);
    x->cut();
  }
  for (int i = 0; i < 200 && !s.door->drained(); ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(s.door->drained());
  raw_client late{s.port()};
  CHECK(late.upgrade() == 503);
  CHECK(has(raw_client{s.port()}.get("/health/ready"), "503"));
  CHECK(has(raw_client{s.port()}.get("/health/live"), "200 OK"));
}
