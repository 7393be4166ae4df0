#include "cluster/ops/ops_routes.hpp"
#include "persistence/postgres/postgres.hpp"
#include "tests/unit/cluster/scripted_rows.hpp"
#include "tests/unit/persistence/membership_fixture.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

// What operators order, as HTTP, against the rows of a real server.

namespace hansom {

namespace {

using nlohmann::json;
using store::testing::member;

struct desk_fixture {
  http_routes routes;
  std::unique_ptr<operations> ops;

  explicit desk_fixture(bool rows = true)
    : desk_fixture{rows ? store::membership_source{server_rows}
                        : store::membership_source{}} {
  }

  explicit desk_fixture(store::membership_source rows) {
    operations::parts parts;
    parts.members = std::move(rows);
    parts.node = "n1";
    parts.version = "1.0";
    parts.now = [] { return timestamp{1'700'000'000'000}; };
    parts.figures = [] { return gateway_figures{}; };
    parts.config = "[node]\n";
    routes.add("GET", "/health/ready", [](auto&&, auto&& reply) {
      reply(
        {200, "application/json", R"({"status":"healthy","checks":{}})", {}});
    });
    ops = std::make_unique<operations>(std::move(parts));
    ops->add_routes(routes);
    ops->start();
  }
  ~desk_fixture() {
    ops->stop();
  }

  static std::unique_ptr<store::membership> server_rows() {
    store::postgres_options with;
    with.url = store::testing::postgres_server::instance().node_url();
    return store::make_postgres_membership(with);
  }

  int last = 0;

  json ask(const std::string& path, const json& body = nullptr,
           client_role role = client_role::operations) {
    http_request x;
    x.method = body.is_null() ? "GET" : "POST";
    x.path = path.substr(0, path.find('?'));
    if (auto at = path.find('?'); at != std::string::npos)
      x.query = path.substr(at + 1);
    x.body = body.is_null() ? "" : body.dump();
    identity who;
    who.role = role;
    who.subject = "7";
    x.who = who;
    std::promise<http_response> done;
    routes.handle(x, [&done](http_response y) { done.set_value(y); });
    auto answer = done.get_future().get();
    last = answer.status;
    return json::parse(answer.body);
  }
};

using testing::scripted_rows;

/// a is active, b gone; 3, 4 and 5 are pinned to b.
std::shared_ptr<scripted_rows::world> two_nodes() {
  auto out = std::make_shared<scripted_rows::world>();
  out->view.nodes.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    out->view.nodes[i].self = i + 1;
    out->view.nodes[i].name = i == 0 ? "a" : "b";
  }
  out->view.nodes[0].status = store::node_status::active;
  out->view.nodes[1].status = store::node_status::dead;
  for (std::size_t i = 0; i < shard_count; ++i)
    out->view.shards.push_back(
      {{static_cast<shard_id>(i), 1, 1},
       i >= 3 && i <= 5 ? std::string{"b"} : std::string{}});
  return out;
}

store::membership_source rows_of(std::shared_ptr<scripted_rows::world> x) {
  return [x] { return std::make_unique<scripted_rows>(x); };
}

} // namespace

TEST_CASE("operations: an order that was carried out in part says so") {
  auto world = two_nodes();
  desk_fixture x{rows_of(world)};
  auto answer =
    x.ask("/v1/admin/nodes/a/down", {{"confirm", "a"}, {"reason", "disk"}});
  CHECK(x.last == 504);
  CHECK(answer["code"] == "cluster.partly_done");
  CHECK(answer["detail"].get<std::string>().find("is declared dead")
        != std::string::npos);
  world->pins_before_failure = 1;
  answer = x.ask("/v1/admin/nodes/b/remove", json::object());
  CHECK(answer["code"] == "cluster.partly_done");
  CHECK(answer["detail"].get<std::string>().starts_with("1 of 3 pins"));
}

TEST_CASE("operations: pins that somebody else took away are not ours") {
  auto world = two_nodes();
  world->unpinned_by_others = 5;
  desk_fixture x{rows_of(world)};
  auto answer = x.ask("/v1/admin/nodes/b/remove", json::object());
  CHECK(answer["changed"] == true);
  CHECK(answer["unpin"] == json::array({3, 4}));
  for (auto& shard : world->view.shards)
    shard.pin = shard.at.shard == 5 ? "b" : "";
  answer = x.ask("/v1/admin/nodes/b/remove", json::object());
  CHECK(answer["changed"] == false);
  CHECK(answer["already"] == true);
  x.ask("/v1/admin/rebalance/pause", json::object());
  CHECK(x.last == 409); // Somebody else was quicker here as well.
}

TEST_CASE("operations: a desk that stops keeps events and answers questions") {
  auto world = two_nodes();
  ops_desk desk{rows_of(world)};
  auto ask = [&desk] {
    auto answer = std::make_shared<http_response>();
    desk.ask([](auto&) { return http_response{}; },
             [answer](http_response x) { *answer = std::move(x); });
    return answer;
  };
  auto early = ask();
  CHECK(early->status == 503);
  CHECK(early->body.find("starting or stopping") != std::string::npos);
  desk.start([] {}, milliseconds{60'000});
  // The thread is held until everything waits behind it.
  std::promise<void> go;
  std::promise<void> held;
  desk.ask(
    [&](auto&) {
      held.set_value();
      go.get_future().wait();
      return http_response{};
    },
    [](auto&&) {});
  held.get_future().wait();
  auto waits = ask();
  store::cluster_event event;
  event.kind = "node.stops";
  desk.record(event);
  std::thread stopping{[&desk] { desk.stop(); }};
  // Until those who come later are turned away: for a while they wait, or find
  // too many waiting.
  auto stops = std::make_shared<std::atomic<bool>>(false);
  while (!*stops) {
    desk.ask([](auto&) { return http_response{}; },
             [stops](const http_response& x) {
               if (x.body.find("stopping") != std::string::npos)
                 *stops = true;
             });
    std::this_thread::yield();
  }
  go.set_value();
  stopping.join();
  CHECK(waits->status == 503);
  CHECK(world->done == std::vector<std::string>{"node.stops"});
}

TEST_CASE("operations: what is ordered elsewhere is an event as well") {
  desk_fixture x{false};
  x.ops->audit({"actor.passivate", "admin/7", "driver/42", "asked"});
  auto events = x.ask("/v1/admin/events?last=1")["events"];
  REQUIRE(events.size() == 1);
  CHECK(events[0]["kind"] == "actor.passivate");
  CHECK(events[0]["by"] == "admin/7");
  CHECK(events[0]["subject"] == "driver/42");
}

TEST_CASE("operations: a node that is alone has no cluster to order") {
  desk_fixture x{false};
  CHECK(x.ask("/v1/admin/nodes")["code"] == "cluster.none");
  CHECK(x.last == 409);
  x.ask("/v1/admin/rebalance/pause", json::object());
  CHECK(x.last == 409);
  CHECK(x.ask("/v1/admin/status")["cluster"].is_null());
  CHECK(x.ask("/v1/admin/events")["events"][0]["kind"] == "node.serves");
  store::testing::postgres_server::instance().forget_everything();
  desk_fixture y;
  CHECK(y.ask("/v1/admin/nodes")["code"] == "cluster.none");
}

TEST_CASE("operations: orders change rows, are guarded and are written down") {
  store::testing::postgres_server::instance().forget_everything();
  desk_fixture x;
  member a{"a"}, b{"b"};
  a.activate();
  b.activate();
  a.claim(0, 127);
  b.claim(128, 255);
  auto nodes = x.ask("/v1/admin/nodes")["nodes"];
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[1]["shards"] == 128);
  CHECK(x.ask("/v1/admin/status")["cluster"]["nodes"]["active"] == 2);
  auto plan = x.ask("/v1/admin/nodes/b/drain", {{"dry_run", true}});
  CHECK(plan["moves"].size() == 128);
  CHECK(plan["changed"] == false);
  CHECK(x.ask("/v1/admin/nodes/b")["status"] == "active");
  x.ask("/v1/admin/nodes/b/drain", {{"reason", "up"}}, client_role::viewer);
  CHECK(x.last == 403);
  CHECK(x.ask("/v1/admin/nodes/b/drain", {{"reason", "up"}})["changed"]
        == true);
  CHECK(b.rows->heartbeat(b.self)->status == store::node_status::draining);
  CHECK(x.ask("/v1/admin/nodes/b/drain", json::object())["already"] == true);
  CHECK(x.ask("/v1/admin/nodes/a/drain", json::object())["code"]
        == "cluster.unconfirmed");
  x.ask("/v1/admin/nodes/z/drain", json::object());
  CHECK(x.last == 404);
  x.ask("/v1/admin/nodes/b/undrain", json::object());
  CHECK(b.rows->heartbeat(b.self)->status == store::node_status::active);
  CHECK(x.ask("/v1/admin/nodes/b/down", {{"confirm", "b"}})["code"]
        == "cluster.reason_missing");
  x.ask("/v1/admin/nodes/b/down", {{"confirm", "b"}, {"reason", "disk"}},
        client_role::admin);
  CHECK(x.last == 200);
  CHECK_THROWS(b.rows->heartbeat(b.self)); // Its server process was ended.
  x.ask("/v1/admin/shards/9/pin", {{"node", "a"}});
  CHECK(a.rows->read_view().shards.at(9).pin == "a");
  x.ask("/v1/admin/shards/300/pin", {{"node", "a"}});
  CHECK(x.last == 404);
  x.ask("/v1/admin/shards/9/unpin", json::object());
  CHECK(x.ask("/v1/admin/rebalance/pause", json::object())["changed"] == true);
  CHECK(x.ask("/v1/admin/rebalance")["paused"] == true);
  auto events = x.ask("/v1/admin/events?last=100")["events"];
  auto dead = std::find_if(events.begin(), events.end(),
                           [](auto& e) { return e["kind"] == "node.dead"; });
  REQUIRE(dead != events.end());
  CHECK((*dead)["by"] == "admin/7");
  CHECK((*dead)["reason"] == "disk");
}

} // namespace hansom
