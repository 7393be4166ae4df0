#include "protocol/journal.hpp"
#include "tests/unit/actors/cell_fixture.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <cmath>

using namespace hansom;
using namespace hansom::testing;

namespace {

nlohmann::json parsed(const std::string& x) {
  return x.empty() ? nlohmann::json{} : nlohmann::json::parse(x);
}

} // namespace

TEST_CASE("a price changes for riders only once the change is durable") {
  dispatch_config config = with_policy(match_policy::batch);
  config.surge.half_life = 1ms;
  cells city{config};
  auto at = here();
  auto journal = [&] { return city.db().journal_of(city.home(at), 100); };
  city.tell_free('a', at);
  auto before = city.quote(at);
  CHECK(before.surge_milli == 1000);
  for (char x = '0'; x <= '9'; ++x)
    city.request(x, at);
  city.settle();

  auto loud = spdlog::get_level();
  spdlog::set_level(spdlog::level::off); // The store is gone on purpose.
  city.cut_store();
  for (int i = 0; i < 70; ++i) {
    city.advance(1s);
    city.tell_free('a', at);
  }
  CHECK(city.quote(at).surge_milli == 1000);
  CHECK(city.node().drops().of(drop_reason::commit_refused) > 0);
  city.cut_store(false);
  spdlog::set_level(loud);
  CHECK(journal().empty());

  for (int i = 0; i < 62; ++i) {
    city.advance(1s);
    city.tell_free('a', at);
  }
  auto rows = journal();
  REQUIRE(rows.size() == 1);
  surge_changed change;
  cell_event event{change};
  std::string why;
  REQUIRE(decode_event(rows[0].kind, rows[0].payload, event, why));
  change = std::get<surge_changed>(event);
  CHECK(change.from_milli == 1000);
  CHECK(change.to_milli == 1200); // One bounded step.
  CHECK(change.demand_milli == 10'000);
  CHECK(change.ratio_milli > 1000);
  auto after = city.quote(at);
  CHECK(after.surge_milli == 1200);
  CHECK(after.fare.minor > before.fare.minor);
  auto told = city.stand_ins->of<surge_news>();
  REQUIRE(told.size() == 1); // Nothing while the store was gone.
  CHECK(told[0].first == entity_ref{cells::driver('a')});
  CHECK(told[0].second.cell == city.home(at));
  CHECK(told[0].second.surge_milli == 1200);

  // The price and the numbering outlive the process.
  city.restart();
  CHECK(city.quote(at).surge_milli == 1200);
  for (int i = 0; i < 62; ++i)
    city.advance(1s);
  rows = journal();
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].seq == 2);
  CHECK(city.quote(at).surge_milli == 1000);
}

TEST_CASE("nearby shows cars without saying exactly where, and not too many") {
  cells city;
  city_map map{here(), 60, {"abcde", "fg1hi", "jklmn"}};
  for (auto& [name, at] : map.places())
    if (name != '1')
      city.tell_free(name, at);
  client_ref from{session(9), rider_id{77}, "n"};
  city.node().send(city.home(map['1']), from, nearby_ask{map['1']});
  city.settle();
  auto replies = city.clients->replies("n");
  REQUIRE(replies.size() == 1);
  auto body = nlohmann::json::parse(replies[0]);
  CHECK(body["type"] == "nearby");
  REQUIRE(body["drivers"].size() == 8);
  for (auto& x : body["drivers"]) {
    CHECK(x.contains("driver") == false);
    auto lat_e7 = static_cast<std::int64_t>(
      std::llround(x["at"]["lat"].get<double>() * 1e7));
    CHECK(lat_e7 % 10'000 == 5'000);
  }
}

TEST_CASE("an empty cell leaves memory, one with life in it stays") {
  cells city;
  city_map map{here(), 100, {"a"}};
  city.tell_free('a', map['a']);
  auto home = city.home(map['a']);
  for (int i = 0; i < 30; ++i) {
    city.advance(20s);
    city.revs['a'] -= 1; // The same status, repeated.
    city.tell_free('a', map['a']);
  }
  CHECK(city.node().entities().find(home));
  CHECK(parsed(city.ask(map['a'], describe{}))["free"] == 1);
  city.tell_status('a', map['a'], standing::gone);
  city.advance(500s);
  CHECK_FALSE(city.node().entities().find(home));
}
