// Goal: what an operator revokes is durable before it is answered, effective
// here at once and on other nodes soon, and forgotten when nothing is left of
// it.

#include "cluster/admin/revocation_routes.hpp"
#include "persistence/lasting.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <future>

using namespace hansom;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds day{86'400'000};
constexpr timestamp start{1'700'000'000'000};

/// One node's desk with what stands for its gateway.
struct desk_node {
  explicit desk_node(std::shared_ptr<store::factory> store,
                     std::size_t rows_max = 100) {
    revocation_desk::parts parts;
    parts.table = store::make_lasting(std::move(store));
    parts.apply = [this](auto& x) {
      return memory.add(x) != revocations::added::full;
    };
    parts.forget = [this](auto t) { memory.forget(t); };
    parts.now = [this] { return timestamp{now_ms.load()}; };
    parts.poll = 5ms;
    parts.forget_every = 2 * day;
    parts.rows_max = rows_max;
    desk = std::make_unique<revocation_desk>(std::move(parts));
    desk->load();
    desk->start();
    add_revocation_routes(
      routes, *desk, [this] { return timestamp{now_ms.load()}; }, 30 * day,
      [](const audit_record&) {});
  }

  http_response ask(const std::string& method, const std::string& body,
                    const std::string& query = {},
                    client_role role = client_role::operations) {
    http_request request;
    request.method = method;
    request.path = "/v1/admin/revocations";
    request.query = query;
    request.body = body;
    request.who = identity{role, "77", {}, {}, {}, {}};
    auto answer = std::make_shared<std::promise<http_response>>();
    auto said = answer->get_future();
    routes.handle(request, [answer](auto x) { answer->set_value(x); });
    if (said.wait_for(10s) != std::future_status::ready)
      return {0, "", "no answer", {}};
    return said.get();
  }

  [[nodiscard]] bool refuses(std::string subject, timestamp issued,
                             std::string jti = {}) const {
    return memory.cover({client_role::driver,
                         std::move(subject),
                         {},
                         {},
                         issued,
                         std::move(jti)});
  }

  bool refuses_soon(const std::string& subject, timestamp issued) const {
    for (int i = 0; i < 1000 && !refuses(subject, issued); ++i)
      std::this_thread::sleep_for(5ms);
    return refuses(subject, issued);
  }

  std::atomic<std::int64_t> now_ms{start.ms};
  revocations memory;
  http_routes routes;
  std::unique_ptr<revocation_desk> desk;
};

std::shared_ptr<store::factory> a_store() {
  std::shared_ptr<store::factory> out = store::make_sqlite_in_memory();
  out->open()->migrate();
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("what is revoked is effective here, elsewhere, and after a start") {
  auto store = a_store();
  desk_node here{store}, there{store};
  auto answer = here.ask("POST", R"({"user":"driver/7","reason":"stolen"})");
  REQUIRE(answer.status == 200);
  auto said = nlohmann::json::parse(answer.body);
  CHECK(said["name"] == "driver/7");
  CHECK(said["issued_before"] == start.ms);
  CHECK(here.refuses("7", start - 1ms));
  CHECK_FALSE(here.refuses("7", start));
  CHECK_FALSE(here.refuses("8", start - 1ms));
  CHECK(here.ask("POST", R"({"jti":"t1"})").status == 200);
  CHECK(here.refuses("9", start, "t1"));
  CHECK(there.refuses_soon("7", start - 1ms));
  desk_node later{store};
  CHECK(later.refuses("7", start - 1ms));
  CHECK(later.refuses("9", start, "t1"));
}

TEST_CASE("a revocation said again changes nothing, and is listed") {
  desk_node x{a_store()};
  auto order = R"({"user":"driver/7","before":1699999000000})";
  auto first = x.ask("POST", order);
  CHECK(first.body == x.ask("POST", order).body);
  CHECK(x.ask("POST", R"({"jti":"t1","reason":"\"lost\""})").status == 200);
  auto list = nlohmann::json::parse(x.ask("GET", "").body);
  REQUIRE(list["revocations"].size() == 2);
  CHECK(list["revocations"][0]["name"] == "driver/7");
  CHECK(list["revocations"][0]["issued_before"] == 1699999000000);
  CHECK(list["revocations"][1]["name"] == "jti/t1");
  CHECK(list["revocations"][1]["reason"] == "\"lost\"");
  CHECK(list["revocations"][1]["by"] == "operator/77");
  auto page = nlohmann::json::parse(x.ask("GET", "", "limit=1").body);
  CHECK(page["revocations"].size() == 1);
  auto rest = nlohmann::json::parse(
    x.ask("GET", "", "after=" + page["last"].dump()).body);
  CHECK(rest["revocations"][0]["name"] == "jti/t1");
  CHECK(x.ask("GET", "", "limit=0").status == 400);
}

TEST_CASE("a bad order to revoke is refused with what would be right") {
  desk_node x{a_store()};
  auto wrong = [&](const std::string& body, std::string_view why) {
    auto answer = x.ask("POST", body);
    CAPTURE(answer.body);
    CHECK(answer.status == 400);
    CHECK(has(answer.body, why));
  };
  wrong("{}", "either user or jti");
  wrong("no", "body");
  wrong(R"({"user":"driver/7","jti":"t"})", "either user or jti");
  wrong(R"({"user":"driver/7","when":1})", "when");
  for (auto* user : {"driver", "driver/", "driver/x", "driver/07", "dog/1",
                     "/7", "operator/a b"})
    wrong(R"({"user":")" + std::string{user} + "\"}", "driver/NUMBER");
  wrong(R"({"jti":""})", "jti");
  wrong(R"({"jti":"a b"})", "jti");
  wrong(R"({"jti":"t","before":1})", "before");
  wrong(R"({"user":"driver/7","before":1700000061000})", "future");
  wrong(R"({"user":"driver/7","before":1600000000000})", "no token of then");
  wrong(R"({"jti":"t","reason":")" + std::string(201, 'x') + "\"}", "reason");
  CHECK(x.ask("POST", R"({"jti":"t"})", {}, client_role::viewer).status == 403);
  CHECK(x.ask("GET", "", {}, client_role::viewer).status == 403);
  CHECK(x.memory.size() == 0);
}

TEST_CASE("revocations are bounded, and expire") {
  auto store = a_store();
  desk_node x{store, 2};
  CHECK(x.ask("POST", R"({"jti":"t1"})").status == 200);
  CHECK(x.ask("POST", R"({"jti":"t2"})").status == 200);
  auto full = x.ask("POST", R"({"jti":"t3"})");
  CHECK(full.status == 503);
  CHECK(has(full.body, "2 revocations are remembered"));
  CHECK_FALSE(x.refuses("9", start, "t3"));
  x.now_ms = (start + 30 * day).ms; // Within the issuers' margin.
  std::this_thread::sleep_for(50ms);
  CHECK(x.refuses("9", start, "t1"));
  x.now_ms = (start + 33 * day).ms;
  for (int i = 0; i < 1000 && x.memory.size() > 0; ++i)
    std::this_thread::sleep_for(5ms);
  CHECK(x.memory.size() == 0);
  CHECK(x.ask("POST", R"({"jti":"t3"})").status == 200);
  CHECK(store->open()->revocations_after(0, 10).size() == 1);
}

TEST_CASE("what is not durable is not said to be revoked") {
  std::string folder = std::filesystem::temp_directory_path() / "revoke-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  store::make_sqlite(folder)->open()->migrate();
  desk_node x{store::make_sqlite(folder, true)}; // It takes no writes.
  auto answer = x.ask("POST", R"({"jti":"t1"})");
  CHECK(answer.status == 503);
  CHECK(has(answer.body, "reading only"));
  CHECK_FALSE(x.refuses("9", start, "t1"));
  x.desk->stop();
  CHECK(x.ask("GET", "").status == 503);
  std::filesystem::remove_all(folder);
}
