#include "tests/unit/gateway/server_fixture.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <thread>

using namespace hansom;
using namespace hansom::testing;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string resume_of(const std::string& welcome, std::uint64_t seq) {
  return R"(,"resume":{"session":")" + text_of(welcome, "session")
         + R"(","seq":)" + std::to_string(seq) + '}';
}

std::string position_at(std::string_view lat, std::int64_t ms) {
  return R"({"type":"position","lat":)" + std::string{lat}
         + R"(,"lon":-73.9855000,"time":)" + std::to_string(ms) + '}';
}

} // namespace

// -- hello --------------------------------------------------------------------

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

// -- frames -------------------------------------------------------------------

TEST_CASE("every bad frame gets its own error, and the session lives") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  auto attempt = [&](const std::string& frame, error_code why, int opcode = 1) {
    c.send_frame(frame, opcode);
    auto got = c.read_frame().payload;
    CAPTURE(frame.substr(0, 60));
    CAPTURE(got);
    CHECK(has(got, R"("code":")" + std::string{facts(why).code} + '"'));
  };
  attempt("{", error_code::bad_json);
  attempt("{}", error_code::missing_field);
  attempt(R"({"type":"no.such"})", error_code::unknown_type);
  attempt(R"({"type":"shift.start"})", error_code::missing_field);
  attempt(R"({"type":"offer.accept","id":"1","trip":5})",
          error_code::wrong_type);
  attempt(R"({"type":"shift.end","id":"1","extra":5})",
          error_code::unknown_field);
  attempt(R"({"type":"nearby","id":"1","at":{"lat":91,"lon":0}})",
          error_code::out_of_range);
  attempt(R"({"type":"x","a":[[[[[[[[[[1]]]]]]]]]]})", error_code::too_deep);
  attempt(std::string(4097, ' '), error_code::too_large);
  attempt("abc", error_code::not_text, 2);
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
}

TEST_CASE("a frame that is far too long ends the connection") {
  server s;
  raw_client c{s.port()};
  s.greet(c);
  c.send_frame(std::string(100'000, ' '));
  CHECK(c.expect_close() == 1009);
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

// -- positions ----------------------------------------------------------------

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
  CHECK(has(c.expect("error"), "clock"));
}

// -- sessions -----------------------------------------------------------------

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
  server s{[](auto& x) { x.heartbeat = 150ms; }};
  raw_client silent{s.port()};
  s.greet(silent);
  raw_client pinging{s.port()};
  s.greet(pinging, client_role::rider, "9");
  for (int i = 0; i < 10; ++i) {
    pinging.send_frame({}, 9);
    std::this_thread::sleep_for(60ms);
  }
  CHECK(silent.expect_close() == 4001);
  pinging.send_frame(R"({"type":"heartbeat"})");
  CHECK_FALSE(pinging.expect("heartbeat").empty());
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

// -- HTTP ---------------------------------------------------------------------

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

// -- TLS ----------------------------------------------------------------------

namespace {

/// Writes a self-signed certificate and its key.
void make_certificate(const std::string& certificate, const std::string& key) {
  auto* pair = EVP_EC_gen("P-256");
  auto* x = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, pair);
  auto* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(
    name, "CN", MBSTRING_ASC,
    reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_sign(x, pair, EVP_sha256());
  auto* file = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(file, x);
  std::fclose(file);
  file = std::fopen(key.c_str(), "w");
  PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(x);
  EVP_PKEY_free(pair);
}

} // namespace

TEST_CASE("with a certificate everything goes over TLS") {
  auto folder = std::filesystem::temp_directory_path()
                / ("hansom_tls_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto certificate = (folder / "cert.pem").string();
  auto key = (folder / "key.pem").string();
  make_certificate(certificate, key);
  {
    server s{[&](auto& x) {
      x.certificate_file = certificate;
      x.private_key_file = key;
    }};
    raw_client c{s.port(), true};
    CHECK(has(s.greet(c), R"("me":"driver/7")"));
    c.send_frame(R"({"type":"shift.start","id":"a1"})");
    CHECK(has(c.expect("ack"), R"("re":"a1")"));
    s.push(R"({"type":"trip","n":1})");
    CHECK_FALSE(c.expect(R"("n":1)").empty());
    raw_client plain{s.port()};
    CHECK_FALSE(has(plain.get("/health/live"), "200"));
    raw_client again{s.port(), true};
    CHECK(has(again.get("/metrics"), "hansom_gateway_tls_failed_total 1"));
  }
  gateway_config broken;
  broken.keys = {{jwt_algorithm::hs256, std::string{test_secret}}};
  broken.certificate_file = key;
  broken.private_key_file = key;
  CHECK_THROWS_AS(gateway{broken}, std::runtime_error);
  std::filesystem::remove_all(folder);
}
