#include "tests/unit/actors/cell_fixture.hpp"

using namespace hansom;
using namespace hansom::testing;

TEST_CASE("a cell follows the packed positions of its own drivers") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a.1..b", "x....."}};
  city.tell_free('a', map['a']);
  city.tell_free('b', map['b']);
  city.advance(1s);
  position_batch batch;
  pack(batch.packed, {cells::driver('a'), map['b'], city.now(), 0});
  pack(batch.packed, {cells::driver('b'), map['1'], city.now(), 0});
  pack(batch.packed, {cells::driver('z'), map['1'], city.now(), 0});
  city.node().send(city.home(map['1']), batch);
  city.settle();
  CHECK(city.node().drops().of(drop_reason::unknown_driver) == 1);
  batch.packed.pop_back();
  city.node().send(city.home(map['1']), batch);
  city.request('1', map['1']);
  city.settle();
  CHECK(city.proposals() == "1b");
  CHECK(city.node().drops().of(drop_reason::unexpected_message) == 1);
}

TEST_CASE("a listener hears of a cell's own drivers, until they are gone") {
  struct listener final : position_port {
    void moved(cell_id, std::string_view packed) override {
      unpack(packed, [&](const packed_position& x) {
        heard += static_cast<char>(x.driver.value);
      });
    }
    void gone(driver_id driver, cell_id) override {
      heard += '-';
      heard += static_cast<char>(driver.value);
    }
    std::string heard;
  } log;
  cells city{with_policy(match_policy::batch), &log};
  city_map map{here(), 100, {"a.1..b"}};
  city.tell_free('a', map['a']);
  city.tell_status('b', map['b'], standing::busy);
  auto drive = [&] {
    position_batch batch;
    for (auto who : {'a', 'z', 'b'})
      pack(batch.packed, {cells::driver(who), map['1'], city.now(), 0});
    city.node().send(city.home(map['1']), batch);
    city.settle();
  };
  drive();
  CHECK(log.heard == "ab");
  city.tell_status('a', map['a'], standing::gone);
  city.settle();
  drive();
  CHECK(log.heard == "ab-ab");
}

TEST_CASE("an older driver status changes nothing and is counted") {
  cells city{with_policy(match_policy::first_come_nearest)};
  city_map map{here(), 100, {"a1"}};
  city.revs['a'] = 5;
  city.tell_status('a', map['a'], standing::busy);
  city.revs['a'] = 3;
  city.tell_free('a', map['a']);
  city.request('1', map['1']);
  city.advance(6s);
  CHECK(city.proposals().empty());
  CHECK(city.node().drops().of(drop_reason::stale_status) == 1);
}
