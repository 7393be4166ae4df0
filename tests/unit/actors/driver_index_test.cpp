#include "actors/cell/driver_index.hpp"
#include "tests/unit/actors/property.hpp"
#include "tests/unit/actors/sketch.hpp"

#include <map>

using namespace hansom;

namespace {

// About 2 x 2 km of Manhattan: 8 x 9 buckets.
const geo_box box{from_degrees(40.72, -74.00), from_degrees(40.74, -73.98)};

struct seen {
  geo_point at;
  timestamp time;
};
using fleet = std::map<driver_id, seen>;

/// Anywhere in the box or up to its own width outside of it; coarse, so that
/// equal distances occur.
rc::Gen<geo_point> somewhere() {
  return rc::gen::map(rc::gen::pair(between(-20, 40), between(-20, 40)),
                      [](std::pair<int, int> p) {
                        return geo_point{
                          box.south_west.lat_e7 + p.first * 10'000,
                          box.south_west.lon_e7 + p.second * 10'000};
                      });
}

std::vector<near_driver> brute_force(const driver_index& index,
                                     const fleet& drivers, geo_point at,
                                     std::size_t k, std::uint32_t max_m) {
  std::vector<near_driver> all;
  for (const auto& [id, x] : drivers)
    if (auto m = index.metres(at, x.at); m <= max_m && id.value % 3 != 0)
      all.push_back({id, x.at, m, x.time});
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.metres != b.metres ? a.metres < b.metres : a.driver < b.driver;
  });
  if (all.size() > k)
    all.resize(k);
  return all;
}

bool same(const std::vector<near_driver>& a,
          const std::vector<near_driver>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) {
                      return x.driver == y.driver && x.metres == y.metres
                             && x.at == y.at && x.time == y.time;
                    });
}

void random_steps(driver_index& index, fleet& drivers, int steps, int ids) {
  for (int i = 0; i < steps; ++i) {
    driver_id id{*between<std::uint64_t>(1, static_cast<unsigned>(ids))};
    if (*between(0, 3) == 0) {
      RC_ASSERT(index.erase(id) == (drivers.erase(id) > 0));
    } else {
      auto at = *somewhere();
      auto is_new = drivers.insert_or_assign(id, seen{at, {i}}).second;
      RC_ASSERT(index.upsert(id, at, {i}) == is_new);
    }
    RC_ASSERT(index.size() == drivers.size());
  }
}

} // namespace

TEST_CASE("the index finds the same k nearest as looking at everybody") {
  // 30 ids stay below the size where everybody is looked at, 200 go above.
  for (int ids : {30, 200})
    holds("nearest equals brute force", [ids] {
      driver_index index{box};
      fleet drivers;
      random_steps(index, drivers, ids * 2, ids);
      auto at = *somewhere();
      auto k = *between<std::size_t>(0, 12);
      auto max_m = *between<std::uint32_t>(0, 6000);
      std::vector<near_driver> found;
      index.nearest(
        at, k, max_m, [](const near_driver& x) { return x.driver.value % 3; },
        found);
      RC_ASSERT(same(found, brute_force(index, drivers, at, k, max_m)));
    });
}

TEST_CASE("the index remembers exactly who was put in") {
  holds("contains and position", [] {
    driver_index index{box};
    fleet drivers;
    random_steps(index, drivers, 150, 60);
    for (std::uint64_t i = 1; i <= 60; ++i) {
      geo_point at;
      timestamp time;
      auto known = drivers.find({i});
      RC_ASSERT(index.contains({i}) == (known != drivers.end()));
      RC_ASSERT(index.position({i}, at, time) == (known != drivers.end()));
      if (known != drivers.end())
        RC_ASSERT((at == known->second.at && time == known->second.time));
    }
  });
}

TEST_CASE("an index that nobody entered has no memory") {
  driver_index index{box};
  std::vector<near_driver> found;
  index.nearest(
    box.south_west, 5, 1000, [](const auto&) { return true; }, found);
  CHECK(found.empty());
  CHECK(index.memory() == 0);
  CHECK_FALSE(index.erase({1}));
}

TEST_CASE("the index measures across the date line and at the great circle") {
  driver_index pacific{
    {from_degrees(-18, 179.99), from_degrees(-17.98, -179.99)}};
  auto west = from_degrees(-17.99, 179.999);
  auto east = from_degrees(-17.99, -179.999);
  CHECK(pacific.metres(west, east)
        == doctest::Approx(distance_m(west, east)).epsilon(0.005));
  driver_index town{box};
  CHECK(town.metres(box.south_west, box.north_east)
        == doctest::Approx(distance_m(box.south_west, box.north_east))
             .epsilon(0.001));
}

TEST_CASE("the nearest on a map") {
  sketch map{{"a.........b", //
              "...R.......", //
              "c.........."}};
  driver_index index{box};
  for (char c : {'a', 'b', 'c'})
    index.upsert({static_cast<std::uint64_t>(c)}, map.at(c), {1});
  std::vector<near_driver> found;
  index.nearest(
    map.at('R'), 2, 5000, [](const auto&) { return true; }, found);
  REQUIRE(found.size() == 2);
  CHECK(found[0].metres == doctest::Approx(316).epsilon(0.01));
  CHECK(found[0].driver == driver_id{'a'}); // As near as c; the lower id.
  CHECK(found[1].driver == driver_id{'c'});
}
