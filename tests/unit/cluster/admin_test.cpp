#include "cluster/admin/masking.hpp"
#include "tests/unit/cluster/admin_fixture.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

using namespace hansom;
using namespace hansom::testing;
using document = nlohmann::json;

TEST_SUITE_BEGIN("admin");

TEST_CASE_FIXTURE(admin_fixture, "a bad question says what would be right") {
  auto says = [&](const char* path, const char* words) {
    auto x = get(path);
    CHECK(x.status == 400);
    CHECK_MESSAGE(x.body.find(words) != std::string::npos, x.body);
  };
  says("/v1/admin/actors?kind=dog", "driver, rider, trip or cell");
  says("/v1/admin/actors?sort=colour", "mailbox, rate, busy");
  says("/v1/admin/actors?state=asleeep", "asleep");
  says("/v1/admin/actors?kind=rider&state=matching", "idle, requesting");
  says("/v1/admin/actors?limit=0", "1 to 1000");
  says("/v1/admin/actors?shard=256", "0 to 255");
  says("/v1/admin/actors?node=n9", "this is n1");
  says("/v1/admin/messages?sort=x", "p99");
  says("/v1/admin/actors/dog/1", "driver/42");
  CHECK(get("/v1/admin/actors/driver/99").status == 404);
  CHECK(get("/v1/admin/actors", client_role::rider).status == 403);
}

TEST_CASE_FIXTURE(admin_fixture, "dead letters and troubles are told") {
  CHECK(list("/v1/admin/stuck")["verdict"] == "nothing is stuck");
  node().send(trip_id{0x77}, client_ref{session(1), ann, "c9"},
              trip_cancel{trip_id{0x77}, {}});
  settle();
  auto x = list("/v1/admin/deadletters");
  CHECK(x["total"] == 1);
  CHECK(x["by"][0]["reason"] == "entity_gone");
  CHECK(x["last"][0]["message"] == "trip_cancel");
  CHECK(x["drops"][0]["count"] == 1);
  connect(dan);
  auto p = node().entities().watch_of(dan);
  p->running_since_ns =
    (std::chrono::steady_clock::now() - 5s).time_since_epoch().count();
  p->enqueued = 1000;
  desk->actors.forget();
  auto stuck = list("/v1/admin/stuck");
  REQUIRE(stuck["running"].size() == 1);
  CHECK(stuck["running"][0]["running_ms"].get<int>() >= 5000);
  CHECK(stuck["running"][0]["deadline_ms"] == 250);
  CHECK(stuck["backlog"][0]["backlog_max"] == 256);
  CHECK(stuck["verdict"].get<std::string>().starts_with("driver/7 has been"));
  p->running_since_ns = 0;
  p->enqueued = p->handled.load();
  auto messages = list("/v1/admin/messages?kind=driver");
  CHECK(messages["messages"][0]["message"] == "attach");
}

TEST_CASE_FIXTURE(admin_fixture, "passivation: operators only, with a plan") {
  connect(dan);
  auto path = "/v1/admin/actors/driver/7/passivate";
  CHECK(post(path, "{}", client_role::viewer).status == 403);
  CHECK(post(path, "[]", client_role::operations).status == 400);
  auto strange = post(path, R"({"dry_run":true,"now":1})", client_role::admin);
  CHECK(strange.status == 400);
  CHECK(strange.body.find("body, /now") != std::string::npos);
  CHECK(audited.empty());
  auto plan = post(path, R"({"dry_run":true})", client_role::operations);
  CHECK(plan.body.find("non_operational") != std::string::npos);
  CHECK(audited.empty());
  settle();
  CHECK(node().entities().watch_of(dan) != nullptr);
  send_and_forget(path, "{}", client_role::admin);
  REQUIRE(audited.size() == 1);
  CHECK(audited[0].kind == "actor.passivate");
  CHECK(audited[0].by == "admin/77");
  CHECK(audited[0].subject == "driver/7");
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a trace tells journal and messages in order") {
  connect(dan);
  auto trip = ask_for_ride(ann);
  auto id = to_string(trip);
  auto x = list("/v1/admin/trips/" + id + "/trace");
  CHECK(x["live"].is_null());
  std::vector<std::string> sources;
  std::int64_t before = 0;
  bool opened = false;
  for (auto& e : x["events"]) {
    CHECK(e["at_ms"].get<std::int64_t>() >= before);
    before = e["at_ms"];
    sources.push_back(e["source"]);
    opened = opened || e["name"] == "open_trip";
  }
  CHECK(opened);
  CHECK(std::count(sources.begin(), sources.end(), "journal") >= 1);
  CHECK(std::count(sources.begin(), sources.end(), "message") >= 2);
  auto trips = list("/v1/admin/trips?rider=1");
  REQUIRE(trips["trips"].size() == 1);
  CHECK(trips["trips"][0]["trip"] == id);
  CHECK(list("/v1/admin/trips?rider=2")["matched"] == 0);
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a trace that is begun has limits, is audited") {
  auto trip = ask_for_ride(ann);
  auto begin = [&](std::string body) {
    http_request x;
    x.path = "/v1/admin/trips/" + to_string(trip) + "/trace";
    x.body = std::move(body);
    x.who = identity{};
    x.who->role = client_role::admin;
    x.who->subject = "77";
    http_response answer;
    begin_trace(*desk, x,
                [&answer](http_response y) { answer = std::move(y); });
    return answer;
  };
  CHECK(begin(R"({"messages":501})").status == 400);
  CHECK(begin(R"({"seconds":0})").status == 400);
  CHECK(begin(R"({"second":5})").body.find("/second") != std::string::npos);
  CHECK(begin("[]").status == 400);
  CHECK(audited.empty());
  CHECK(begin(R"({"messages":7,"seconds":5})").status == 200);
  REQUIRE(audited.size() == 1);
  CHECK(audited[0].kind == "trip.trace");
  CHECK(audited[0].by == "admin/77");
  CHECK(audited[0].outcome == "for 7 messages");
}

TEST_CASE_FIXTURE(admin_fixture,
                  "a list of cells says who is silent and who is left out") {
  desk->cells = [](map_ask, const auto& done) {
    city_picture x;
    x.cells.resize(1);
    x.cells[0].cell = {0x89c259};
    x.cells[0].free = 3;
    x.silent = {{0x89c25b}};
    x.cut = 7;
    done(std::move(x));
  };
  auto x = list("/v1/admin/cells");
  REQUIRE(x["cells"].size() == 1);
  CHECK(x["cells"][0]["free"] == 3);
  CHECK(x["silent"].size() == 1);
  CHECK(x["more"] == 7);
}

TEST_CASE("who may only look sees no vehicle and no exact place") {
  auto text = R"({"record":{"vehicle":"red car","pickup":{"lat":40.7580123,)"
              R"("lon":-73.9855555}},"sessions":1})";
  auto all = masked(text, entity_kind::trip, client_role::operations);
  CHECK(all["record"]["vehicle"] == "red car");
  auto some = masked(text, entity_kind::trip, client_role::viewer);
  CHECK(some["record"]["vehicle"] == "***");
  CHECK(some["record"]["pickup"]["lat"] == 40.76);
  CHECK(some["sessions"] == 1);
}

TEST_CASE("the back room takes no more than it can hold, and stops") {
  back_room room;
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::promise<void> started;
  auto first = started.get_future();
  std::atomic<int> ran{0};
  CHECK(room.run([&started, gate] {
    started.set_value();
    gate.wait();
  }));
  if (first.wait_for(20s) != std::future_status::ready) {
    go.set_value(); // Or the room waits for it for ever.
    FAIL("the first job did not begin");
  }
  for (std::size_t i = 0; i < back_room::jobs_max; ++i)
    CHECK(room.run([&] { ++ran; }));
  CHECK_FALSE(room.run([&] { ++ran; }));
  go.set_value();
  auto all = static_cast<int>(back_room::jobs_max);
  for (int i = 0; i < 20'000 && ran < all; ++i)
    std::this_thread::sleep_for(1ms);
  REQUIRE(ran == all);
  room.run([] { throw std::runtime_error{"one bad job"}; });
  auto after = std::make_shared<std::promise<void>>();
  CHECK(room.run([after] { after->set_value(); }));
  REQUIRE(after->get_future().wait_for(20s) == std::future_status::ready);
  room.stop();
  CHECK_FALSE(room.run([] {}));
}

TEST_SUITE_END();
