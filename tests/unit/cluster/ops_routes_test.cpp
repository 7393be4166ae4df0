#include "cluster/ops/ops_routes.hpp"
#include "persistence/postgres/postgres.hpp"
#include "tests/unit/persistence/membership_fixture.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>

// What operators order, as HTTP, against the rows of a real server.

namespace hansom {

namespace {

using nlohmann::json;
using store::testing::member;

struct desk_fixture {
  http_routes routes;
  std::unique_ptr<operations> ops;

  explicit desk_fixture(bool rows = true) {
    operations::parts parts;
    if (rows)
      parts.members = [] {
        store::postgres_options with;
        with.url = store::testing::postgres_server::instance().node_url();
        return store::make_postgres_membership(with);
      };
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

} // namespace

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
  x.ask("/v1/admin/nodes/b/down", {{"confirm", "b"}, {"reason", "disk"}});
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
  CHECK((*dead)["by"] == "operator/7");
  CHECK((*dead)["reason"] == "disk");
}

} // namespace hansom
