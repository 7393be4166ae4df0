#include "actors/cell/match_round.hpp"
#include "tests/unit/actors/city_map.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;
using namespace std::chrono_literals;

namespace {

constexpr geo_point union_square{407'359'000, -739'905'000};
constexpr timestamp noon{1'700'000'000'000};

/// A cell that is asked by a neighbour, on a drawing: letters are its free
/// drivers, digits are pickups, `?` is the neighbour's.
struct lender {
  explicit lender(const std::vector<std::string>& rows)
    : map{union_square, 100, rows} {
    for (auto& [name, at] : map.places())
      if (name >= 'a' && name <= 'z') {
        driver_status x;
        x.driver = driver_id{static_cast<std::uint64_t>(name)};
        x.now = standing::free;
        x.at = at;
        x.time = noon;
        x.free_since = noon;
        x.rev = 1;
        drivers.note(x, noon);
      }
  }

  void waits(char name, milliseconds since) {
    want_driver x;
    x.trip = trip_id{static_cast<std::uint64_t>(name)};
    x.rider = rider_id{static_cast<std::uint64_t>(name)};
    x.pickup = map[name];
    x.dropoff = union_square;
    x.requested_at = noon - since;
    x.rev = 1;
    requests.want(x, noon);
  }

  /// @returns who is lent to the neighbour, in alphabetical order.
  std::string lends(milliseconds neighbour_waits = 0ms) {
    borrow letter;
    letter.radius_m = config.gates.max_pickup_radius_m;
    letter.k = 5;
    letter.items.push_back({trip_id{1000},
                            map['?'],
                            service_class::standard,
                            noon - neighbour_waits,
                            {}});
    std::string out;
    for (auto& x : drivers_to_lend(letter, drivers, requests, config, noon))
      out += static_cast<char>(x.driver.value);
    return out;
  }

  dispatch_config config;
  city_map map;
  driver_books drivers{bounding_box(cell_of(union_square, 13)), 200};
  request_book requests;
};

} // namespace

TEST_CASE("a cell without requests lends whom it has") {
  CHECK(lender{{"a.b.....?"}}.lends() == "ab");
}

TEST_CASE("a driver stays with the nearest own request that waits") {
  lender cell{{"a..1b...?"}};
  cell.waits('1', 10s);
  CHECK(cell.lends() == "a");
}

TEST_CASE("a driver nearer to the neighbour's request is lent") {
  lender cell{{"...1...a.?"}};
  cell.waits('1', 10s);
  CHECK(cell.lends() == "a");
}

TEST_CASE("one request keeps one driver, not all") {
  lender cell{{"1abc....?"}};
  cell.waits('1', 10s);
  CHECK(cell.lends() == "bc");
}

TEST_CASE("a starved request borrows from one that is not, and only then") {
  lender cell{{"1a......?"}};
  auto starved = cell.config.cost.starvation_after + 1s;
  cell.waits('1', 10s);
  CHECK(cell.lends(starved) == "a");
  cell.waits('1', starved); // Known already: its first word counts.
  CHECK(cell.lends(starved) == "a");
  lender both{{"1a......?"}};
  both.waits('1', starved);
  CHECK(both.lends(starved).empty());
}

TEST_CASE("an own starved request keeps its driver also from a nearer one") {
  lender cell{{"1....a.?"}};
  cell.waits('1', cell.config.cost.starvation_after + 1s);
  CHECK(cell.lends(10s).empty());
}
