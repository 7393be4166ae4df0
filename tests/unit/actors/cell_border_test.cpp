#include "tests/unit/actors/cell_fixture.hpp"

#include <nlohmann/json.hpp>

#include <memory>

using namespace hansom;
using namespace hansom::testing;

namespace {

nlohmann::json parsed(const std::string& x) {
  return x.empty() ? nlohmann::json{} : nlohmann::json::parse(x);
}

} // namespace

TEST_CASE("drivers beyond the border are found, and reserved but once") {
  cells city{with_policy(match_policy::first_come_nearest)};
  // The border runs between 1 and 2; both want the driver next to 2.
  city_map map{border(), 60, {"1..|.2a"}};
  REQUIRE(city.home(map['1']) != city.home(map['2']));
  auto holder = std::make_shared<trip_id>();
  city.stand_ins->script = [&city, holder](entity_ref who,
                                           const caf::message& what) {
    if (who.kind != entity_kind::driver)
      return;
    auto x = what.get_as<offer_proposal>(0);
    auto verdict =
      *holder ? proposal_verdict::not_free : proposal_verdict::held;
    if (!*holder)
      *holder = x.trip;
    city.node().send_urgent(
      x.cell, proposal_answer{x.trip, driver_id{who.id}, verdict});
  };
  city.populate(map);
  city.settle();
  // Each cell proposed him once; who was refused did not insist.
  auto tried = city.proposals();
  CHECK(
    (tried == "1a 2a" || tried == "2a 1a" || tried == "2a" || tried == "1a"));
  REQUIRE(*holder);
  city.tell_status('a', map['a'], standing::busy);
  city.advance(6s);
  // Another driver comes free: he is for the one who still waits.
  auto loser = *holder == cells::trip('1') ? '2' : '1';
  *holder = {};
  auto so_far = city.stand_ins->of<offer_proposal>().size();
  city.tell_free('b', map['a']);
  city.advance(6s);
  auto all = city.stand_ins->of<offer_proposal>();
  REQUIRE(all.size() == so_far + 1);
  CHECK(all.back().first == entity_ref{cells::driver('b')});
  CHECK(all.back().second.trip == cells::trip(loser));
}

TEST_CASE("a far driver is found ring by ring, and one out of reach is not") {
  cells city{with_policy(match_policy::first_come_nearest)};
  SUBCASE("3 km away") {
    city_map map{times_square, 1000, {"1..a"}};
    city.populate(map);
    city.settle();
    CHECK(city.proposals() == "1a");
  }
  SUBCASE("just outside of the first circle, in a cell that it touches") {
    city_map map{border(), 100, {".....1..|.......a"}};
    REQUIRE(city.home(map['1']) != city.home(map['a']));
    city.populate(map);
    // One driver for one request is scarce: the longest window, then a match
    // in the same round.
    city.advance(dispatch_config{}.window.longest + 100ms);
    CHECK(city.proposals() == "1a");
  }
  SUBCASE("5 km away") {
    city_map map{times_square, 1000, {"1....a"}};
    city.populate(map);
    city.advance(30s);
    CHECK(city.proposals().empty());
    // It asks every few seconds, not in every tick.
    auto figures = parsed(city.ask(map['1'], describe{}))["figures"];
    CHECK(figures["borrows_sent"] <= 7 * 64);
  }
}
