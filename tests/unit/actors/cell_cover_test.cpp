#include "actors/cell/cell_cover.hpp"
#include "tests/unit/actors/property.hpp"

#include <set>

using namespace hansom;

namespace {

const auto times_square = from_degrees(40.758, -73.9855);

geo_point anywhere() {
  return {*between(-850'000'000, 850'000'000),
          *between(-1'800'000'000, 1'800'000'000)};
}

} // namespace

TEST_CASE("a point is in its cell, and the cell in its ancestors") {
  holds("cell_of", [] {
    auto p = anywhere();
    auto level = *between(10, 16);
    auto cell = cell_of(p, level);
    RC_ASSERT(is_valid(cell));
    RC_ASSERT(level_of(cell) == level);
    RC_ASSERT(cell_distance_m(p, cell) == 0u);
    RC_ASSERT(parent_of(cell, 10) == cell_of(p, 10));
    RC_ASSERT(cell_of(centre(cell), level) == cell);
    auto box = bounding_box(cell);
    RC_ASSERT(
      (p.lat_e7 >= box.south_west.lat_e7 && p.lat_e7 <= box.north_east.lat_e7));
  });
}

TEST_CASE("a covering holds every cell that the circle touches") {
  holds("covering", [] {
    auto p = anywhere();
    auto radius = *between<std::uint32_t>(0, 3000);
    auto cells = covering(p, radius, 13, 200);
    std::set<cell_id> known(cells.begin(), cells.end());
    RC_ASSERT(known.size() == cells.size());
    RC_ASSERT(cells.front() == cell_of(p, 13));
    std::uint32_t last = 0;
    for (auto c : cells) {
      RC_ASSERT(cell_distance_m(p, c) >= last);
      last = cell_distance_m(p, c);
      RC_ASSERT(last <= radius);
    }
    // Any point within the circle is in one of them.
    for (int i = 0; i < 10; ++i) {
      geo_point q{p.lat_e7 + *between(-270'000, 270'000),
                  p.lon_e7 + *between(-270'000, 270'000)};
      if (is_valid(q) && distance_m(p, q) < radius - 1.0)
        RC_ASSERT(known.count(cell_of(q, 13)) == 1u);
    }
  });
  CHECK(covering(times_square, 2000, 13, 5).size() == 5);
  CHECK(covering(times_square, 2000, 13, 0).empty());
}

TEST_CASE("surroundings hold the coverings of all points of the cell") {
  holds("surroundings", [] {
    auto p = anywhere();
    auto cell = cell_of(p, 13);
    auto radius = *between<std::uint32_t>(0, 2000);
    auto around = surroundings(cell, radius, 200);
    for (auto c : covering(p, radius, 13, 200))
      RC_ASSERT(std::count(around.begin(), around.end(), c) == 1);
  });
  CHECK(surroundings({}, 1000, 10).empty());
}

TEST_CASE("neighbours know each other") {
  holds("neighbours", [] {
    auto cell = cell_of(anywhere(), 13);
    auto around = neighbours(cell);
    RC_ASSERT((around.size() == 8u || around.size() == 7u));
    for (auto n : around) {
      auto back = neighbours(n);
      RC_ASSERT(std::count(back.begin(), back.end(), cell) == 1);
    }
  });
}

TEST_CASE("distances to a cell and its border") {
  auto cell = cell_of(times_square, 13);
  auto middle = centre(cell);
  auto inside = border_distance_m(middle, cell);
  CHECK(inside > 300);
  CHECK(inside < 1000);
  CHECK(cell_distance_m(middle, cell) == 0);
  auto far = from_degrees(41.0, -73.9855);
  CHECK(border_distance_m(far, cell) == cell_distance_m(far, cell));
  for (auto v : vertices(cell))
    CHECK(border_distance_m(v, cell) <= 1);
}

TEST_CASE("what is no cell gives nothing") {
  CHECK_FALSE(is_valid(cell_id{}));
  CHECK(level_of({}) == -1);
  CHECK(neighbours({}).empty());
  CHECK_FALSE(cell_of(times_square, 31));
  CHECK_FALSE(parent_of(cell_of(times_square, 13), 14));
}
