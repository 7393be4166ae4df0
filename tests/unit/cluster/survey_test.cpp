#include "cluster/node/actor_metrics.hpp"
#include "tests/unit/cluster/admin_fixture.hpp"

#include <nlohmann/json.hpp>
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <set>

using namespace hansom;
using namespace hansom::testing;
using document = nlohmann::json;

TEST_SUITE_BEGIN("admin");

TEST_CASE_FIXTURE(admin_fixture, "lists are filtered, sorted and bounded") {
  connect(dan);
  connect(eve);
  auto trip = ask_for_ride(ann);
  desk->actors.forget();
  auto all = list("/v1/admin/actors?sort=name&limit=2");
  CHECK(all["actors"].size() == 2);
  CHECK(all["actors"][0]["actor"] == "driver/7");
  CHECK(all["matched"].get<int>() >= 4);
  auto trips = list("/v1/admin/actors?kind=trip");
  REQUIRE(trips["actors"].size() == 1);
  auto& row = trips["actors"][0];
  CHECK(row["state"] == "matching");
  CHECK(row["actor"] == to_string(entity_ref{trip}));
  CHECK(row["shard"] == shard_of(trip));
  CHECK(row["epoch"].get<int>() >= 1);
  auto parent = row["parent"].get<std::string>();
  REQUIRE(parent.starts_with("cell/"));
  // Who is below the cell: the trip and its rider, not the drivers.
  auto below = list("/v1/admin/actors?sort=name&cell=" + parent.substr(5));
  std::vector<std::string> names;
  for (auto& x : below["actors"])
    if (x["kind"] != "cell")
      names.push_back(x["actor"]);
  CHECK(names
        == std::vector<std::string>{"rider/1", to_string(entity_ref{trip})});
  CHECK(list("/v1/admin/actors?state=matching")["matched"] == 1);
  auto totals = all["totals"];
  CHECK(totals[0]["kind"] == "driver");
  CHECK(totals[0]["actors"] == 2);
}

TEST_CASE_FIXTURE(admin_fixture, "one survey serves all who look at once") {
  connect(dan);
  auto first = desk->actors.look();
  connect(eve);
  CHECK(desk->actors.look() == first);
  desk->actors.forget();
  CHECK(desk->actors.look()->rows.size() == first->rows.size() + 1);
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a survey that somebody holds stays as it was") {
  connect(dan);
  auto t = std::chrono::steady_clock::now();
  auto first = desk->actors.look(t);
  auto before = first->rows.size();
  connect(eve);
  CHECK(desk->actors.look(t + 900ms) == first);
  auto second = desk->actors.look(t + 1s);
  REQUIRE(second != first);
  CHECK(first->rows.size() == before);
  CHECK(second->rows.size() == before + 1);
  CHECK(second->window_s == doctest::Approx(1));
  // Nobody holds these any more: their memory is used again.
  first.reset();
  second.reset();
  CHECK(desk->actors.look(t + 2s)->rows.size() == before + 1);
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a survey meets everybody once, whoever came and left") {
  for (std::uint64_t i = 1000; i < 1300; ++i)
    connect(driver_id{i});
  auto& all = node().entities();
  std::set<entity_ref> there;
  auto gone = shard_of(driver_id{1000});
  for (std::uint64_t i = 1000; i < 1300; ++i) {
    driver_id who{i};
    if (i % 3 == 0)
      all.bury(who, all.find(who).id());
    else if (shard_of(who) != gone)
      there.insert(who);
  }
  (void)all.take_shard(gone);
  connect(driver_id{1300});
  there.insert(driver_id{1300});
  desk->actors.forget();
  auto seen = desk->actors.look();
  std::multiset<entity_ref> met;
  for (auto& x : seen->rows)
    if (x.who.kind == entity_kind::driver)
      met.insert(x.who);
  CHECK(std::equal(met.begin(), met.end(), there.begin(), there.end()));
  CHECK(seen->rows.size() == all.size());
}

TEST_CASE_FIXTURE(admin_fixture,
                  "sums agree with the rows, and end no window") {
  connect(dan);
  auto t = std::chrono::steady_clock::now();
  (void)desk->actors.look(t);
  connect(eve);
  auto of = [](const kind_totals& x) {
    return x[static_cast<std::size_t>(entity_kind::driver)];
  };
  CHECK(of(desk->actors.count(t + 500ms)).actors == 1);
  auto sums = of(desk->actors.count(t + 1s));
  CHECK(sums.actors == 2);
  CHECK(sums.window_handled >= 1);
  auto seen = desk->actors.look(t + 2s);
  std::uint64_t handled = 0;
  std::uint64_t window = 0;
  for (auto& x : seen->rows)
    if (x.who.kind == entity_kind::driver) {
      handled += x.handled;
      window += x.window_handled;
    }
  CHECK(of(seen->totals).handled == handled);
  CHECK(of(seen->totals).window_handled == window);
  CHECK(window == sums.window_handled);
}

TEST_CASE_FIXTURE(admin_fixture, "the tree counts whom it does not list") {
  for (std::uint64_t i = 1000; i < 1300; ++i)
    connect(rider_id{i});
  desk->actors.forget();
  auto& nowhere = desk->actors.look()->kin().roots(entity_kind::rider);
  CHECK(nowhere.count == 300);
  CHECK(nowhere.first.size() == kinship::listed_max);
  auto tree = list("/v1/admin/tree?limit=5");
  auto& riders = tree["children"].back();
  CHECK(riders["group"] == "riders below no cell");
  CHECK(riders["children"].size() == 5);
  CHECK(riders["more"] == 295);
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a trip names its people, wherever they live") {
  connect(dan);
  auto trip = ask_for_ride(ann);
  auto& all = node().entities();
  all.bury(ann, all.find(ann).id()); // As if another node had her.
  desk->actors.forget();
  auto found = list("/v1/admin/trips?rider=1");
  REQUIRE(found["trips"].size() == 1);
  CHECK(found["trips"][0]["trip"] == to_string(trip));
  CHECK(found["trips"][0]["rider"] == "1");
  CHECK(list("/v1/admin/trips?rider=2")["matched"] == 0);
  // Nobody drives it yet.
  CHECK(found["trips"][0]["driver"] == "");
}

TEST_CASE_FIXTURE(admin_fixture, "vitals are counted once for all who look") {
  auto nothing = list("/v1/admin/vitals")["vitals"][0];
  CHECK(nothing["node"] == "n1");
  CHECK(nothing["health"].is_null());
  CHECK(nothing["metrics"] == "");
  int asked = 0;
  http_routes more;
  more.add("GET", "/metrics", [&asked](auto&&, auto&& reply) {
    ++asked;
    reply({200, "text/plain", "x 1\n", {}});
  });
  more.add("GET", "/health/ready", [](auto&&, auto&& reply) {
    reply({503, "application/json", R"({"status":"unhealthy"})", {}});
  });
  add_vitals(more, desk);
  for (int i = 0; i < 20; ++i) {
    http_request x;
    x.method = "GET";
    x.path = "/v1/admin/vitals";
    x.who = identity{};
    x.who->role = client_role::viewer;
    auto said = std::make_shared<std::promise<std::string>>();
    more.handle(x, [said](http_response y) { said->set_value(y.body); });
    auto row = document::parse(said->get_future().get())["vitals"][0];
    CHECK(row["metrics"] == "x 1\n");
    CHECK(row["health"]["status"] == "unhealthy");
  }
  CHECK(asked < 20); // One, unless seconds have passed meanwhile.
  CHECK(get("/v1/admin/vitals", client_role::driver).status == 403);
}

TEST_CASE_FIXTURE(admin_fixture, "a list is sieved by a part of the name") {
  connect(driver_id{1234});
  connect(rider_id{1234});
  connect(driver_id{5});
  desk->actors.forget();
  CHECK(list("/v1/admin/actors?text=r/123")["matched"] == 2);
  CHECK(list("/v1/admin/actors?text=driver/1234")["matched"] == 1);
  CHECK(list("/v1/admin/actors?text=driver/12345")["matched"] == 0);
  CHECK(list("/v1/admin/actors?text=driver&limit=1")["matched"] == 2);
}

TEST_CASE_FIXTURE(admin_fixture,
                  "the tree says whose cell or trip is not on this node") {
  auto trip = ask_for_ride(ann);
  desk->actors.forget();
  CHECK(list("/v1/admin/tree").dump().find("not on this node")
        == std::string::npos);
  auto& all = node().entities();
  all.bury(trip, all.find(trip).id()); // As if another node had it.
  desk->actors.forget();
  auto tree = list("/v1/admin/tree");
  auto& last = tree["children"].back();
  CHECK(last["group"] == "riders whose cell or trip is not on this node");
  REQUIRE(last["children"].size() == 1);
  CHECK(last["children"][0]["actor"] == "rider/1");
  CHECK(last["children"][0]["below"] == to_string(entity_ref{trip}));
}

TEST_CASE_FIXTURE(admin_fixture, "the tree shows a trip below its cell") {
  auto trip = ask_for_ride(ann);
  connect(dan);
  auto tree = list("/v1/admin/tree");
  auto text = tree.dump();
  CHECK(text.find(to_string(entity_ref{trip})) != std::string::npos);
  // The stand-in cell shows no state of its own; the rider hangs on his trip.
  bool found = false;
  for (auto& x : tree["children"])
    for (auto& child : x["children"])
      if (child["actor"] == to_string(entity_ref{trip}))
        found = child["children"][0]["actor"] == "rider/1";
  CHECK(found);
  CHECK(tree["actors"].get<std::size_t>() == node().entities().size());
}

TEST_CASE_FIXTURE(admin_fixture, "what actors do is in the metrics") {
  connect(dan);
  ask_for_ride(ann);
  disconnect(dan);
  connect(dan);
  auto families = make_actor_collector(node(), desk->actors)->Collect();
  auto find = [&](std::string_view name) {
    for (auto& x : families)
      if (x.name == name)
        return x.metric;
    return std::vector<prometheus::ClientMetric>{};
  };
  auto labelled = [](auto& x, std::string_view value) {
    return std::any_of(x.label.begin(), x.label.end(),
                       [&](auto& l) { return l.value == value; });
  };
  std::uint64_t attached = 0;
  for (auto& x : find("hansom_actor_message_seconds"))
    if (labelled(x, "driver") && labelled(x, "attach")) {
      attached = x.histogram.sample_count;
      CHECK(x.histogram.bucket.back().cumulative_count == attached);
      CHECK(x.histogram.bucket.front().upper_bound == doctest::Approx(128e-6));
      CHECK(x.histogram.sample_sum > 0);
    }
  CHECK(attached == 2);
  CHECK(find("hansom_mailbox_wait_seconds").size() == 4);
  double resident = 0;
  for (auto& x : find("hansom_actors_in_state"))
    resident += x.gauge.value;
  CHECK(resident == static_cast<double>(node().entities().size()));
  CHECK(find("hansom_driver_utilisation_ratio").size() == 1);
}

TEST_CASE_FIXTURE(admin_fixture, "troubles that are not listed are counted") {
  std::vector<std::shared_ptr<probe>> all;
  for (std::uint64_t i = 1000; i < 1300; ++i) {
    connect(driver_id{i});
    all.push_back(node().entities().watch_of(driver_id{i}));
    REQUIRE(all.back());
    all.back()->enqueued += 1000;
  }
  desk->actors.forget();
  auto stuck = list("/v1/admin/stuck");
  CHECK(stuck["backlog"].size() == 256);
  CHECK(stuck["backlog_more"] == 44);
  for (auto& x : all)
    x->enqueued = x->handled.load();
}

TEST_SUITE_END();
