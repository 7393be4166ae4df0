#include "tests/unit/actors/cell_fixture.hpp"

#include <nlohmann/json.hpp>

using namespace hansom;
using namespace hansom::testing;

namespace {

nlohmann::json parsed(const std::string& x) {
  return x.empty() ? nlohmann::json{} : nlohmann::json::parse(x);
}

} // namespace

TEST_CASE("a lone request with ample supply is matched without a tick") {
  cells city;
  city_map map{here(), 50, {"a.....b", "..1....", "...c...", "d......"}};
  city.populate(map);
  city.settle(); // The clock stands still.
  CHECK(city.proposals() == "1c");
  auto x = city.stand_ins->of<offer_proposal>().front().second;
  CHECK(x.pickup == map['1']);
  CHECK(x.cell == city.home(map['1']));
  CHECK(x.eta_s > 0);
}

TEST_CASE("a batch makes fewer metres than first come, nearest") {
  // The driver between the requests is nearest to both.
  std::vector<std::string> rows{"a..1b2"};
  SUBCASE("in a batch each gets the one who costs all together least") {
    cells city;
    city.populate({here(), 100, rows});
    city.advance(6s);
    CHECK(city.proposals() == "1a 2b");
  }
  SUBCASE("first come, nearest sends the far one to the second") {
    cells city{with_policy(match_policy::first_come_nearest)};
    city.populate({here(), 100, rows});
    city.settle();
    CHECK(city.proposals() == "1b 2a");
  }
}

TEST_CASE("scarcity makes a cell gather requests, for 5 seconds at most") {
  cells city;
  city_map map{here(), 100, {"a...1"}};
  city.populate(map);
  city.advance(4s);
  CHECK(city.proposals().empty());
  city.advance(1100ms);
  CHECK(city.proposals() == "1a");
}

TEST_CASE("nobody waits for ever while later requests are served") {
  city_map map{here(), 100, {"1......a2"}};
  SUBCASE("after 10 seconds the nearer one still wins") {
    cells city;
    city.tell_free('a', map['a']);
    city.request('1', map['1'], 10s);
    city.request('2', map['2']);
    city.advance(6s);
    CHECK(city.proposals() == "2a");
  }
  SUBCASE("after 90 seconds the longest wait wins") {
    cells city;
    city.tell_free('a', map['a']);
    city.request('1', map['1'], 91s);
    city.request('2', map['2']);
    city.advance(6s);
    CHECK(city.proposals() == "1a");
  }
}

TEST_CASE("who declined a trip is not proposed for it again") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1..b"}};
  city.populate(map);
  city.settle();
  REQUIRE(city.proposals() == "1a");
  // Repetitions of what the cell knows change nothing.
  city.request('1', map['1']);
  city.advance(10s);
  REQUIRE(city.proposals() == "1a");
  city.request('1', map['1'], 10s, 2, {cells::driver('a')});
  city.settle();
  CHECK(city.proposals() == "1a 1b");
}

TEST_CASE("a proposal that nobody answers is not waited for without end") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1"}};
  city.populate(map);
  city.advance(20s);
  REQUIRE(city.proposals() == "1a");
  city.tell_free('a', map['a']); // He is alive and free.
  city.advance(6s);
  CHECK(city.proposals() == "1a 1a");
}

TEST_CASE("a trip that ends is forgotten, late repetitions too") {
  cells city;
  city_map map{here(), 100, {"1"}};
  city.populate(map);
  city.settle();
  city.node().send(city.home(map['1']), unwant_driver{cells::trip('1'), true});
  city.request('1', map['1']);
  city.tell_free('a', map['1']);
  city.advance(10s);
  CHECK(city.proposals().empty());
}

TEST_CASE("a trip that searches anew is not taken for a late repetition") {
  cells city;
  city_map map{here(), 100, {"1"}};
  city.populate(map);
  city.settle();
  // Its shard has moved, and the cell's with it: what the former owner passed
  // on is here already.
  city.node().send(city.home(map['1']), unwant_driver{cells::trip('1'), false});
  city.request('1', map['1']);
  city.tell_free('a', map['1']);
  city.advance(10s);
  CHECK(city.proposals() == "1a");
}

TEST_CASE("a stale position is not used, and the explanation says so") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1...b"}};
  city.tell_free('a', map['a'], 31s);
  city.tell_free('b', map['b']);
  city.request('1', map['1']);
  city.settle();
  CHECK(city.proposals() == "1b");
  auto why = parsed(city.ask(map['1'], explain{cells::trip('1')}));
  REQUIRE(why["drivers"].size() == 2);
  CHECK(why["policy"] == "first-come-nearest");
  CHECK(why["waiting"] == 1);
  CHECK(why["drivers"][0]["driver"] == to_string(cells::driver('b')));
  CHECK(why["drivers"][0]["verdict"] == "chosen");
  CHECK(why["drivers"][0]["eta_s"] > 0);
  CHECK(why["drivers"][1]["driver"] == to_string(cells::driver('a')));
  CHECK(why["drivers"][1]["verdict"] == "gated");
  CHECK(why["drivers"][1]["why"] == "stale_position");
  CHECK(parsed(city.ask(map['1'], explain{cells::trip('9')})).is_null());
}

TEST_CASE("a soon-free driver is proposed from his drop-off, looking forward") {
  city_map map{here(), 100, {"a1......b"}};
  auto play = [&](match_policy policy) {
    cells city{with_policy(policy)};
    driver_status x;
    x.driver = cells::driver('a');
    x.now = standing::soon_free;
    x.at = map['a'];
    x.time = city.now();
    x.free_at = city.now() + 30s;
    x.rev = 1;
    city.node().send(city.home(x.at), x);
    city.tell_free('b', map['b']);
    city.request('1', map['1']);
    city.advance(6s);
    return city.stand_ins->of<offer_proposal>();
  };
  auto forward = play(match_policy::batch_forward);
  REQUIRE(forward.size() == 1);
  CHECK(forward[0].first == entity_ref{cells::driver('a')});
  CHECK(forward[0].second.queued);
  auto present = play(match_policy::batch);
  REQUIRE(present.size() == 1);
  CHECK(present[0].first == entity_ref{cells::driver('b')});
  CHECK_FALSE(present[0].second.queued);
}
