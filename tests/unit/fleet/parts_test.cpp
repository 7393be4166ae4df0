// Goal: the small parts of the fleet, each by itself.

#include "bench/fleet/fleet.hpp"
#include "bench/fleet/histogram.hpp"
#include "bench/fleet/load/position_frame.hpp"
#include "bench/fleet/mover.hpp"
#include "bench/fleet/report.hpp"
#include "bench/fleet/road_graph.hpp"
#include "bench/fleet/token.hpp"
#include "bench/fleet/ws_codec.hpp"
#include "protocol/json/json.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace hansom;
using namespace hansom::fleet;

TEST_CASE("a percentile is right within 3.2 percent, at any size") {
  histogram all, half;
  for (std::int64_t i = 1; i <= 100'000; ++i)
    (i % 2 == 0 ? all : half).add(i * 10);
  all.merge(half);
  CHECK(all.count() == 100'000);
  CHECK(all.percentile(0.5) == doctest::Approx(500'000).epsilon(0.032));
  CHECK(all.percentile(0.99) == doctest::Approx(990'000).epsilon(0.032));
  CHECK(all.percentile(1) == 1'000'000);
  CHECK(all.mean() == doctest::Approx(500'005));
  CHECK(histogram{}.percentile(0.5) == 0);
  histogram extremes;
  extremes.add(-5);
  extremes.add(std::int64_t{1} << 62);
  CHECK(extremes.percentile(0.5) == 0);
  CHECK(extremes.count() == 2);
}

TEST_CASE("the handshake key is answered as RFC 6455 shows") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==")
        == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("an upgrade is refused unless the server means it") {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const std::string good =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: "
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: "
    "hansom.v1.json\r\n";
  CHECK(check_upgrade(good, key) == "");
  CHECK(check_upgrade(good, "other") != "");
  CHECK(check_upgrade("HTTP/1.1 503 Service Unavailable\r\n", key)
        == "the server answered 'HTTP/1.1 503 Service Unavailable'");
}

TEST_CASE("frames: masked out, plain in, incomplete, too large, masked in") {
  for (std::size_t size : {0, 1, 125, 126, 4000, 70'000}) {
    const std::string payload(size, 'x');
    std::string out;
    append_frame(out, opcode::text, payload, 0x12345678);
    const std::size_t head = size < 126 ? 2 : size < 65'536 ? 4 : 10;
    REQUIRE(out.size() == head + 4 + size);
    CHECK((out[1] & 0x80) != 0);
    for (std::size_t i = 0; i < size; ++i)
      out[head + 4 + i] =
        static_cast<char>(out[head + 4 + i] ^ out[head + (i & 3)]);
    std::string plain = out.substr(0, head) + out.substr(head + 4);
    frame_view view;
    CHECK(take_frame(out, view) == -1); // Masked: not a server's.
    plain[1] = static_cast<char>(plain[1] & 0x7f);
    CHECK(take_frame(plain, view) == static_cast<std::int64_t>(plain.size()));
    CHECK(view.payload == payload);
    if (!plain.empty())
      CHECK(
        take_frame(std::string_view{plain}.substr(0, plain.size() - 1), view)
        == 0);
  }
  frame_view view;
  CHECK(take_frame(std::string{"\x81\x7f\x00\x00\x00\xff\x00\x00\x00\x00", 10},
                   view)
        == -1);
}

TEST_CASE("urls") {
  auto to = parse_url("ws://127.0.0.1:7400");
  CHECK(to.host == "127.0.0.1");
  CHECK(to.port == 7400);
  CHECK(to.path == "/v1/ws");
  CHECK(parse_url("ws://[::1]:80/x").host == "::1");
  CHECK(parse_url("ws://host/x").port == 80);
  for (auto bad : {"http://x", "wss://x", "ws://", "ws://x:0", "ws://x:99999"})
    CHECK_THROWS_AS(parse_url(bad), std::runtime_error);
}

TEST_CASE("who resumes says so in the URL") {
  auto to = parse_url("ws://host:1/x");
  CHECK(upgrade_request(to, "k").starts_with("GET /x HTTP/1.1\r\n"));
  CHECK(
    upgrade_request(to, "k", true).starts_with("GET /x?resume HTTP/1.1\r\n"));
  to.path += "?a=b";
  CHECK(upgrade_request(to, "k", true).starts_with("GET /x?a=b&resume HTTP"));
}

TEST_CASE("a token is a JSON web token of three parts") {
  // Reference: header and claims in base64url, HMAC-SHA256 over both.
  const auto token =
    make_token("0123456789abcdef0123456789abcdef", "rider", 7, 100, 50);
  CHECK(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
  CHECK(std::count(token.begin(), token.end(), '.') == 2);
  CHECK(token.find('=') == std::string::npos);
  CHECK(token.substr(token.rfind('.') + 1).size() == 43);
}

TEST_CASE("a vehicle keeps to its way and its speed") {
  mover x;
  const auto a = from_degrees(40.75, -73.98), b = from_degrees(40.76, -73.98),
             c = from_degrees(40.76, -73.97);
  x.place(a);
  x.drive({{b, 10}, {c, 5}});
  x.advance(50);
  CHECK(distance_m(a, x.at()) == doctest::Approx(500).epsilon(0.01));
  const double first_s = distance_m(a, b) / 10;
  x.advance(first_s - 50 + 20);
  CHECK(distance_m(b, x.at()) == doctest::Approx(100).epsilon(0.01));
  CHECK_FALSE(x.there());
  x.advance(1e6);
  CHECK(x.at() == c);
  CHECK(x.there());
}

TEST_CASE("roads: the fast way round beats the slow straight one") {
  //  a --100 s--> c        a (40.75, -73.98)   b (40.76, -73.98)
  //  a --10 s--> b --10 s--> c (40.76, -73.97)
  const auto base = std::filesystem::temp_directory_path()
                    / ("hansom_roads_" + std::to_string(::getpid()));
  const auto nodes = base.string() + "_nodes", links = base.string() + "_links";
  std::ofstream{nodes} << "name,lat,lon\na,40.75,-73.98\nb,40.755,-73.98\n"
                          "c,40.755,-73.975\n";
  std::ofstream{links} << "start,end,s\na,c,300\na,b,60\nb,c,60\n";
  const road_graph roads{nodes, links, "s"};
  auto way =
    roads.way(from_degrees(40.75, -73.98), from_degrees(40.755, -73.975), 9);
  REQUIRE(way.size() == 4);
  CHECK(way[1].to == from_degrees(40.755, -73.98));
  CHECK(way[1].speed_m_s
        == doctest::Approx(distance_m(way[0].to, way[1].to) / 60));
  // One-way: back there is no road.
  auto back =
    roads.way(from_degrees(40.755, -73.975), from_degrees(40.75, -73.98), 9);
  CHECK(back.size() == 1);
  std::ofstream{links} << "start,end,s\na,nowhere,300\n";
  CHECK_THROWS_AS((road_graph{nodes, links, "s"}), demand_error);
  std::filesystem::remove(nodes);
  std::filesystem::remove(links);
}

TEST_CASE("options out of range are named") {
  fleet_options x;
  CHECK(check(x).starts_with("dev_key_file"));
  x.dev_key_file = "key";
  CHECK(check(x) == "");
  x.chaos.decline = 1.5;
  CHECK(check(x) == "decline is 1.5, must be from 0 to 1");
  x.chaos.decline = 0;
  x.compression = 0;
  CHECK(check(x) == "compression is 0, must be from 0.1 to 100");
}

TEST_CASE("a report is text with a verdict, and JSON") {
  fleet_options options;
  fleet_report x{&options, "f1", {}, {}, 10, false};
  x.stats.errors["trip.too_far"] = 2;
  x.stats.report({"I2", "a \"quoted\" thing", driver_id{4}, 1, {"line"}});
  std::ostringstream out;
  write_text(out, x);
  CHECK(out.str().starts_with("seed 1"));
  CHECK(out.str().find("FAIL: 1 violations") != std::string::npos);
  CHECK(out.str().find("BROKEN I2") != std::string::npos);
  CHECK(out.str().find("hint") != std::string::npos);
  auto json = nlohmann::json::parse(to_json(x));
  CHECK(json["passed"] == false);
  CHECK(json["violations"][0]["what"] == "a \"quoted\" thing");
  CHECK(json["errors"]["trip.too_far"] == 2);
}

TEST_CASE("a frame made once and written over is what the server reads") {
  for (std::size_t width : {2, 3}) {
    position_frame frame{50, width};
    const std::int32_t lon = width == 2 ? -739'885'261 : -1'224'194'155;
    for (std::size_t i = 0; i < 50; ++i)
      frame.set(i, 407'580'049, lon, 1'700'000'000'000 + std::int64_t(i));
    // Two bytes of head, two of length, four of a mask that is zero.
    decoded_frame out;
    decode_error error;
    REQUIRE(decode_frame(frame.bytes().substr(8), out, error));
    const auto& points = std::get<position>(out.body).points;
    REQUIRE(points.size() == 50);
    CHECK(points[49].at == geo_point{407'580'049, lon});
    CHECK(points[49].time.ms == 1'700'000'000'049);
  }
}
