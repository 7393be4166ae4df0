#include "cluster/mesh/mail_codec.hpp"
#include "cluster/mesh/node_identity.hpp"
#include "cluster/mesh/openssl_guard.hpp"
#include "cluster/mesh/tcp_prober.hpp"
#include "cluster/mesh/wire.hpp"
#include "tests/unit/mesh/certificates.hpp"
#include "tests/unit/mesh/mesh_fixture.hpp"
#include "tests/unit/mesh/raw_socket.hpp"

#include <future>
#include <random>

using namespace hansom;
using namespace hansom::testing;

// What CAF 0.17.6 has to be protected from; each case is one of its defects.
TEST_SUITE_BEGIN("the mesh, where CAF falls short");

TEST_CASE("a port that strangers reach is not opened without TLS") {
  for (auto* x : {"127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1",
                  "172.31.255.255", "192.168.1.1", "169.254.7.7", "::1",
                  "fd00::1", "fe80::1", "::ffff:10.0.0.1"}) {
    CAPTURE(x);
    CHECK(is_private_address(x));
  }
  for (auto* x : {"0.0.0.0", "::", "8.8.8.8", "172.32.0.1", "172.15.0.1",
                  "192.169.0.1", "11.0.0.1", "2001:db8::1", "::ffff:8.8.8.8",
                  "localhost", "", "10.0.0"}) {
    CAPTURE(x);
    CHECK_FALSE(is_private_address(x));
  }
  auto config = test_config();
  CHECK(check(config).empty());
  config.address = "0.0.0.0";
  REQUIRE(check(config).size() == 1);
  CHECK(check(config)[0].find("without TLS") != std::string::npos);
  CHECK_THROWS_WITH_AS((test_node{1, config}),
                       doctest::Contains("strangers may reach 0.0.0.0"),
                       std::runtime_error);
  config.address = "db.example.org";
  CHECK(check(config)[0].find("literal") != std::string::npos);
}

TEST_CASE("heartbeats are on, and the same everywhere") {
  auto config = test_config();
  config.heartbeat = 0ms;
  CHECK_FALSE(check(config).empty());
  config.heartbeat = 1500ms; // With a timeout of 3 s.
  CHECK_FALSE(check(config).empty());
  auto other = test_config();
  other.timeout = 2s;
  test_node a{1};
  test_node b{2, other};
  b.meet(a);
  REQUIRE(eventually([&] { return a.links->turned_away() > 0; }));
  CHECK_FALSE(a.links->is_up(2));
  REQUIRE(eventually(
    [&] { return b.heard.with([](auto& x) { return !x.misses.empty(); }); }));
}

TEST_CASE("nodes of another cluster are refused") {
  auto other = test_config();
  other.cluster = "another";
  test_node a{1};
  test_node b{2, other};
  b.meet(a);
  REQUIRE(eventually(
    [&] { return b.heard.with([](auto& x) { return x.misses.size() > 1; }); }));
  CHECK_FALSE(a.links->is_up(2));
  CHECK_FALSE(b.links->is_up(1));
}

TEST_CASE("a node's identity is drawn, not taken from its process id") {
  auto mine = process_identity();
  CHECK(mine == process_identity());
  CHECK(mine != static_cast<std::uint32_t>(::getpid()));
  test_node a{1};
  CHECK(caf::to_string(a.system.node()).ends_with('#' + std::to_string(mine)));
}

TEST_CASE("who came back is another; the old one never gets in again") {
  test_node a{1};
  {
    test_node b{2};
    REQUIRE(join(a, b));
  }
  REQUIRE(eventually([&] { return !a.links->is_up(2); }));
  a.links->forget(2);
  test_node ghost{2};
  ghost.meet(a);
  REQUIRE(eventually([&] { return a.links->turned_away() > 0; }));
  CHECK_FALSE(a.links->is_up(2));
  test_node fresh{3};
  REQUIRE(join(a, fresh));
  auto x = numbered(1);
  CHECK(a.links->send(3, x) == mesh::sent::queued);
  CHECK(eventually([&] { return fresh.heard.mail_count() == 1; }));
}

TEST_CASE("a peer that ends is missed at once, and with what evidence") {
  test_node a{1};
  auto b = std::make_unique<test_node>(2);
  REQUIRE(join(a, *b));
  b.reset();
  REQUIRE(eventually(
    [&] { return a.heard.with([](auto& x) { return x.downs.size() == 2; }); }));
  CHECK(a.heard.downs[0] == link_evidence::reset);
  CHECK(a.heard.downs[1] == link_evidence::refused);
}

TEST_CASE("a link that was lost is dialled again, and counts anew") {
  test_node a{1};
  test_node b{2};
  REQUIRE(join(a, b));
  for (std::uint64_t i = 1; i <= 10; ++i) {
    auto x = numbered(i);
    REQUIRE(b.links->send(1, x) == mesh::sent::queued);
  }
  REQUIRE(eventually([&] { return a.heard.mail_count() == 10; }));
  // Another one with b's number greets a and takes the link over.
  {
    test_node twin{2};
    twin.meet(a);
    REQUIRE(eventually([&] { return twin.links->is_up(1); }));
  }
  REQUIRE(eventually([&] {
    return a.links->is_up(2) && b.links->is_up(1) && b.report(1).links > 1;
  }));
  auto x = numbered(11);
  REQUIRE(eventually([&] {
    auto y = numbered(11);
    return b.links->send(1, y) == mesh::sent::queued;
  }));
  CHECK(eventually([&] { return a.heard.mail_count() >= 11; }));
}

TEST_CASE("the prober tells who listens, who does not, and who is silent") {
  tcp_prober prober;
  auto ask = [&](peer_address where) {
    std::promise<link_evidence> found;
    prober.probe(where, 300ms, [&](link_evidence x) { found.set_value(x); });
    return found.get_future().get();
  };
  listening_socket open;
  CHECK(ask({"127.0.0.1", open.port()}) == link_evidence::none);
  listening_socket full{0};
  std::vector<raw_socket> fill;
  for (int i = 0; i < 4; ++i) // Its queue is full: the kernel is silent.
    fill.emplace_back(full.port(), false);
  CHECK(ask({"127.0.0.1", full.port()}) == link_evidence::timeout);
  auto closed = [] { return listening_socket{}.port(); }();
  CHECK(ask({"127.0.0.1", closed}) == link_evidence::refused);
  CHECK(ask({"no address", 1}) == link_evidence::timeout);
}

TEST_CASE("an address that swallows connections holds nobody else up") {
  listening_socket full{0};
  std::vector<raw_socket> fill;
  for (int i = 0; i < 4; ++i)
    fill.emplace_back(full.port(), false);
  auto patient = test_config();
  patient.timeout = 60s; // Longer than `join` waits.
  test_node a{1, patient};
  test_node c{3, patient};
  c.links->meet(2, {"127.0.0.1", full.port()});
  std::this_thread::sleep_for(100ms);
  REQUIRE(join(a, c));
  CHECK(c.heard.with([](auto& x) { return x.misses.empty(); }));
}

TEST_CASE("frames that make no sense are counted, and end nothing") {
  std::mt19937_64 random{7};
  std::string good;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    REQUIRE(append_entry(good, numbered(i), test_now()));
    REQUIRE(append_entry(good, asked("x"), test_now()));
    append_entry(good, far_frame{});
    append_entry(good, std::string_view{"control"});
  }
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    for (int k = 0; k < 3; ++k)
      bad[random() % bad.size()] = static_cast<char>(random());
    bad.resize(bad.size() - random() % 40);
    auto whole = for_each_entry(bad, [&](entry_kind kind, std::string_view x) {
      far_mail mail;
      far_frame frame;
      if (kind == entry_kind::mail)
        refused += !read_entry(x, mail, test_now());
      else if (kind == entry_kind::client)
        refused += !read_entry(x, frame);
    });
    refused += !whole;
  }
  CHECK(refused > 5'000);
  // A count that nothing stands behind allocates nothing.
  std::string huge;
  wire::append(huge, std::uint32_t{0xffff'fff0});
  std::string text;
  std::vector<mesh_refusal> list;
  CHECK_FALSE(wire::read(huge, text));
  CHECK_FALSE(wire::read(huge, list));
  CHECK(list.capacity() < 100);
}

TEST_CASE("a stranger on the port: rubbish is answered by hanging up") {
  test_node a{1};
  test_node b{2};
  REQUIRE(join(a, b));
  for (auto* words : {"GET / HTTP/1.0\r\n\r\n", "\xff\xff\xff\xff rubbish that "
                                                "is longer than a header is"}) {
    raw_socket stranger{a.links->port(), true};
    stranger.send(words);
  }
  for (int i = 0; i < 20; ++i)
    raw_socket{a.links->port(), true};
  auto x = numbered(1);
  REQUIRE(b.links->send(1, x) == mesh::sent::queued);
  CHECK(eventually([&] { return a.heard.mail_count() == 1; }));
  CHECK(a.heard.with([](auto& y) { return y.downs.empty(); }));
}

TEST_CASE("an older, shorter record is understood; a longer one as well") {
  std::string text;
  wire::append(text, nearly_free{trip_id{5}, {1, 2}, timestamp{3}});
  nearly_free x;
  REQUIRE(wire::read(text + "what came later", x));
  CHECK(x.trip == trip_id{5});
  nearly_free y;
  y.free_at = timestamp{99};
  REQUIRE(wire::read(std::string_view{text}.substr(0, 16), y));
  CHECK(y.dropoff == geo_point{1, 2});
  CHECK(y.free_at == timestamp{99});
  CHECK_FALSE(wire::read(std::string_view{text}.substr(0, 12), y));
}

// -- TLS ----------------------------------------------------------------------

TEST_CASE("TLS needs all three files, readable") {
  auto config = test_config();
  config.tls.certificate_file = "/nowhere/node.pem";
  auto faults = check(config);
  CHECK(faults.size() == 3);
  CHECK_THROWS_AS((test_node{1, config}), std::runtime_error);
  // Before an actor system is made, which would not survive it.
  caf::actor_system_config system;
  CHECK_THROWS_AS(prepare(system, config), std::runtime_error);
}

TEST_CASE("links over TLS: members get in, strangers do not, pokes end none") {
  CHECK(openssl_is_guarded());
  certificates ours;
  certificates theirs;
  auto config = test_config();
  config.tls = ours.node();
  test_node a{1, config};
  test_node b{2, config};
  REQUIRE(join(a, b));
  for (int i = 0; i < 10; ++i) {
    raw_socket{a.links->port(), true}; // Connects and goes.
    raw_socket http{a.links->port(), true};
    http.send("GET / HTTP/1.0\r\n\r\n");
    auto x = numbered(1);
    REQUIRE(a.links->send(2, x) == mesh::sent::queued);
    auto y = numbered(1);
    REQUIRE(b.links->send(1, y) == mesh::sent::queued);
  }
  auto foreign = test_config();
  foreign.tls = theirs.node();
  test_node c{3, foreign};
  c.meet(a);
  test_node plain{4};
  plain.meet(a);
  REQUIRE(eventually([&] {
    return c.heard.with([](auto& x) { return x.misses.size() > 1; })
           && plain.heard.with([](auto& x) { return x.misses.size() > 1; });
  }));
  CHECK_FALSE(a.links->is_up(3));
  CHECK_FALSE(a.links->is_up(4));
  REQUIRE(eventually(
    [&] { return a.heard.mail_count() == 10 && b.heard.mail_count() == 10; }));
  CHECK(a.heard.with([](auto& x) { return x.downs.empty(); }));
  CHECK(b.heard.with([](auto& x) { return x.downs.empty(); }));
  CHECK(a.report(2).links == 1);
}

TEST_SUITE_END();
