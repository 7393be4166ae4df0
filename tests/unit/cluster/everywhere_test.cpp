#include "cluster/everywhere/merge_views.hpp"
#include "cluster/everywhere/other_nodes.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <future>

using namespace hansom;
using namespace hansom::testing;
using namespace std::chrono_literals;
using document = nlohmann::json;

TEST_SUITE_BEGIN("everywhere");

namespace {

struct no_clients final : client_port {
  void deliver(client_frame x) override {
    seen.push_back(x.body);
  }
  void attached(session_ref, std::string) override {
  }
  void close(session_ref, close_code) override {
  }
  void follow(session_ref, trip_id) override {
  }
  std::vector<std::string> seen;
};

/// Brings frames to whom they are for, at once.
struct wire_of_two final : client_port {
  std::map<std::uint64_t, client_port*> nodes;
  void deliver(client_frame x) override {
    if (auto found = nodes.find(x.to.node); found != nodes.end())
      found->second->deliver(std::move(x));
  }
  void attached(session_ref, std::string) override {
  }
  void close(session_ref, close_code) override {
  }
  void follow(session_ref, trip_id) override {
  }
};

struct two_desks {
  caf::actor_system_config config;
  no_clients clients;
  wire_of_two way;
  peer_desk one{clients, 1};
  peer_desk two{clients, 2};
  caf::actor_system system{config};
  std::vector<std::string> asked;

  two_desks() {
    way.nodes = {{1, &one}, {2, &two}};
    one.connect(way, [](auto&&, auto&&) {});
    two.connect(way, [this](const std::string& question, auto reply) {
      asked.push_back(question);
      if (question != "silence")
        reply({"so", "be", "it"});
    });
  }

  std::optional<peer_desk::parts> ask(std::uint64_t peer, std::string text,
                                      std::chrono::milliseconds within = 60s) {
    auto done =
      std::make_shared<std::promise<std::optional<peer_desk::parts>>>();
    one.ask(system, peer, std::move(text), within,
            [done](auto x) { done->set_value(std::move(x)); });
    return done->get_future().get();
  }
};

http_request question(std::string path, std::string query = {}) {
  http_request x;
  x.method = "GET";
  x.path = std::move(path);
  x.query = std::move(query);
  x.who = identity{};
  x.who->role = client_role::viewer;
  x.who->subject = "7";
  return x;
}

document ask(const http_handler& whom, const http_request& x) {
  auto done = std::make_shared<std::promise<http_response>>();
  whom(x, [done](http_response y) { done->set_value(std::move(y)); });
  return document::parse(done->get_future().get().body);
}

} // namespace

TEST_CASE_FIXTURE(two_desks, "a question to another node is answered once") {
  CHECK(ask(2, "what") == peer_desk::parts{"so", "be", "it"});
  CHECK(asked == std::vector<std::string>{"what"});
  CHECK_FALSE(ask(2, "silence", 1ms)); // Nobody waits for ever,
  CHECK_FALSE(ask(3, "who", 1ms));     // nor for a node that is not there.
  one.deliver({{1, 0, 5}, delivery::event, {}, "a client's"});
  CHECK(clients.seen == std::vector<std::string>{"a client's"});
}

TEST_CASE_FIXTURE(two_desks, "an answer without end is given up") {
  std::string part(peer_desk::part_max, 'x');
  two.connect(way, [&](auto&&, auto reply) {
    reply(peer_desk::parts(peer_desk::answer_max / part.size() + 1, part));
  });
  CHECK_FALSE(ask(2, "much"));
  peer_desk::parts parts;
  append_parts(parts, part + part + "end");
  REQUIRE(parts.size() == 3);
  CHECK(parts[2] == "end");
}

TEST_CASE("views of two nodes become one") {
  document a{{"node", "n1"},
             {"at_ms", 5},
             {"matched", 3},
             {"totals",
              {{{"kind", "trip"}, {"actors", 2}, {"mailbox_max", 4}},
               {{"kind", "cell"}, {"actors", 1}, {"mailbox_max", 0}}}},
             {"actors", {{{"actor", "trip/1"}, {"rate", 1.5}}}},
             {"verdict", "nothing is stuck"},
             {"live", nullptr}};
  document b{
    {"node", "n2"},
    {"at_ms", 9},
    {"matched", 2},
    {"totals", {{{"kind", "trip"}, {"actors", 5}, {"mailbox_max", 3}}}},
    {"actors",
     {{{"actor", "trip/2"}, {"rate", 9.0}},
      {{"actor", "trip/3"}, {"rate", 0.5}}}},
    {"verdict", "trip/3 has been in x for 9 ms"},
    {"live", {{"recorded", 2}}}};
  sign_rows(a, "n1");
  sign_rows(b, "n2");
  merge_view(a, b);
  order_rows(a, "rate", 2);
  CHECK(a["node"] == "n1");
  CHECK(a["at_ms"] == 9);
  CHECK(a["matched"] == 5);
  REQUIRE(a["totals"].size() == 2);
  CHECK(a["totals"][0]["actors"] == 7);
  CHECK(a["totals"][0]["mailbox_max"] == 4);
  REQUIRE(a["actors"].size() == 2);
  CHECK(a["actors"][0]["actor"] == "trip/2");
  CHECK(a["actors"][0]["node"] == "n2");
  CHECK(a["actors"][1]["actor"] == "trip/1");
  CHECK(a["verdict"] == "trip/3 has been in x for 9 ms");
  CHECK(a["live"]["recorded"] == 2);
}

TEST_CASE("rows that are equal lie by kind and number, not by node") {
  document x{{"actors",
              {{{"actor", "driver/11"}, {"mailbox", 0}},
               {{"actor", "rider/1"}, {"mailbox", 0}},
               {{"actor", "driver/3"}, {"mailbox", 0}},
               {{"actor", "cell/89c259"}, {"mailbox", 4}},
               {{"actor", "?"}, {"mailbox", 0}}}}};
  order_rows(x, "mailbox", 4);
  std::vector<std::string> names;
  for (auto& row : x["actors"])
    names.push_back(row["actor"]);
  CHECK(names
        == std::vector<std::string>{"cell/89c259", "driver/3", "driver/11",
                                    "rider/1"});
  order_rows(x, "name", 2);
  CHECK(x["actors"][0]["actor"] == "driver/3");
  CHECK(x["actors"].size() == 2);
}

TEST_CASE("messages of several nodes are in the order that was asked for") {
  document x{{"messages",
              {{{"message", "a"}, {"handled", 1}, {"p99_us", 5}},
               {{"message", "b"}, {"handled", 3}, {"p99_us", 4}},
               {{"message", "c"}, {"handled", 2}, {"p99_us", 9}}}}};
  order_rows(x, "mailbox", 1); // Said by nobody: the usual one.
  REQUIRE(x["messages"].size() == 3);
  CHECK(x["messages"][0]["message"] == "b");
  CHECK(x["messages"][1]["message"] == "c");
  order_rows(x, "p99", 1);
  CHECK(x["messages"][0]["message"] == "c");
  CHECK(x["messages"][2]["message"] == "b");
}

TEST_CASE("incidents and traces of several nodes are in order of time") {
  document x{
    {"events",
     {{{"at_ms", 9}, {"after_ms", 0}}, {{"at_ms", 4}, {"after_ms", 0}}}},
    {"slow", {{"last", document::array()}}}};
  for (int i = 0; i < 300; ++i)
    x["slow"]["last"].push_back({{"at_ms", i}});
  order_rows(x, "", 50);
  CHECK(x["events"][0]["at_ms"] == 4);
  CHECK(x["events"][1]["after_ms"] == 5);
  CHECK(x["slow"]["last"].size() == 256);
  CHECK(x["slow"]["last"][0]["at_ms"] == 299);
}

namespace {

/// Two nodes' views; the runtime is one, since only its actor system is needed.
class two_nodes : public ride_fixture {
public:
  two_nodes() {
    for (auto i : {0U, 1U}) {
      where[i].set_peers({{1, {}}, {2, {}}, {3, {}}});
      for (shard_id s = 0; s < shard_count; ++s)
        where[i].learn(s, {2, 1});
      nodes[i].connect(
        {&node(), &way, &where[i], &routes[i], [this, i](auto&&, auto done) {
           city_picture x;
           x.cells.resize(40);
           for (std::size_t n = 0; n < x.cells.size(); ++n) {
             x.cells[n].cell = {(i + 1) * 1000 + n};
             x.cells[n].drivers.resize(3);
           }
           done(std::move(x));
         }});
      routes[i].add(
        "GET", "/v1/admin/trips",
        [i, name = "n" + std::to_string(i + 1)](auto x, auto reply) {
          CHECK((i == 0 || asks_here(x)));
          document body{{"node", name},
                        {"matched", i + 1},
                        {"trips", {{{"trip", name}, {"age_s", i}}}}};
          reply({200, "application/json", body.dump(), {}});
        });
      routes[i].add("POST", "/v1/admin/actors/", [i](auto x, auto reply) {
        document body{{"node", i + 1},
                      {"path", x.path},
                      {"by", x.who->subject},
                      {"body", x.body}};
        reply({200, "application/json", body.dump(), {}});
      });
    }
    way.nodes = {{1, &nodes[0].port()}, {2, &nodes[1].port()}};
  }

  no_clients clients;
  wire_of_two way;
  std::array<http_routes, 2> routes;
  std::array<shard_map, 2> where{shard_map{1}, shard_map{2}};
  std::array<other_nodes, 2> nodes{other_nodes{clients, 1},
                                   other_nodes{clients, 2}};
};

} // namespace

TEST_CASE_FIXTURE(two_nodes, "a list has the rows of all nodes that answer") {
  auto here = [this](const auto& x, const auto& reply) {
    routes[0].handle(x, reply);
  };
  auto list = [&](const http_request& x) {
    auto done = std::make_shared<document>();
    nodes[0].gather(here, x, [done](const http_response& y) {
      *done = document::parse(y.body);
    });
    settle();
    advance(2s); // The third node never answers.
    return *done;
  };
  auto all = list(question("/v1/admin/trips"));
  CHECK(all["nodes"] == document::array({"n1", "n2"}));
  CHECK(all["silent_nodes"] == document::array({"#3"}));
  CHECK(all["matched"] == 3);
  REQUIRE(all["trips"].size() == 2);
  CHECK(all["trips"][0]["trip"] == "n2"); // The oldest first.
  CHECK(all["trips"][0]["node"] == "n2");
  auto own = list(question("/v1/admin/trips", "scope=here"));
  CHECK(own["matched"] == 1);
}

TEST_CASE_FIXTURE(two_nodes, "what another version says ends no node") {
  for (auto i : {0U, 1U})
    routes[i].add("GET", "/v1/admin/stuck", [i](auto&&, auto reply) {
      document body{{"node", i == 0 ? document{"n1"} : document{2}}};
      reply({200, "application/json", body.dump(), {}});
    });
  document said;
  nodes[0].gather(
    [this](const auto& x, const auto& reply) { routes[0].handle(x, reply); },
    question("/v1/admin/stuck"),
    [&](const http_response& y) { said = document::parse(y.body); });
  settle();
  advance(2s);
  CHECK(said["status"] == 502);
  for (auto* body : {R"({"role":5})", R"({"drivers_max":"many"})", "[]", ""})
    CHECK_NOTHROW(
      nodes[1].port().deliver({{2, 0xfffe, 0}, delivery::reply, "1/5", body}));
}

TEST_CASE_FIXTURE(two_nodes, "an order goes to the node that has the actor") {
  auto x = question("/v1/admin/actors/driver/7/passivate");
  x.method = "POST";
  x.body = "{}";
  document said;
  CHECK(nodes[0].forward(driver_id{7}, x, [&](const http_response& y) {
    said = document::parse(y.body);
  }));
  CHECK(said["node"] == 2);
  CHECK(said["by"] == "7");
  CHECK(said["body"] == "{}");
  auto nobody = [](auto&&) { FAIL("answered"); };
  CHECK_FALSE(nodes[1].forward(driver_id{7}, x, nobody));
  x.query = "scope=here";
  CHECK_FALSE(nodes[0].forward(driver_id{7}, x, nobody));
  advance(30s); // The clock of the question that was answered.
}

TEST_CASE_FIXTURE(two_nodes, "the map has the cells of all nodes") {
  std::size_t cells = 0, silent = 0, drivers = 0;
  auto look = [&] {
    nodes[0].cells()({100, 100}, [&](const city_picture& x) {
      cells = x.cells.size();
      silent = x.silent.size();
      drivers = x.cells.empty() ? 0 : x.cells.back().drivers.size();
    });
    settle();
    advance(1s);
  };
  look();
  CHECK(cells == 80);
  CHECK(silent == 0);
  CHECK(drivers == 3);
  way.nodes.erase(2); // Its cells are where they were.
  look();
  CHECK(cells == 40);
  CHECK(silent == 40);
}

TEST_SUITE_END();
