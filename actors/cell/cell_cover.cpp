#include "actors/cell/cell_cover.hpp"

#include "protocol/earth.hpp"

#include <s2/s2cell.h>
#include <s2/s2cell_id.h>
#include <s2/s2latlng.h>
#include <s2/s2latlng_rect.h>

#include <algorithm>
#include <cmath>
#include <queue>

namespace hansom {

namespace {

S2CellId id_of(cell_id x) {
  return S2CellId{x.value};
}

S2LatLng lat_lng(geo_point p) {
  return S2LatLng::FromE7(p.lat_e7, p.lon_e7).Normalized();
}

geo_point to_geo(const S2LatLng& x) {
  return {static_cast<std::int32_t>(x.lat().e7()),
          static_cast<std::int32_t>(x.lng().e7())};
}

double metres(S1ChordAngle x) {
  return x.radians() * earth_radius_m;
}

std::uint32_t whole(double m) {
  return static_cast<std::uint32_t>(std::lround(m));
}

} // namespace

cell_id cell_of(geo_point p, int level) noexcept {
  if (level < 0 || level > S2CellId::kMaxLevel)
    return {};
  return {S2CellId{lat_lng(p)}.parent(level).id()};
}

bool is_valid(cell_id x) noexcept {
  return id_of(x).is_valid();
}

int level_of(cell_id x) noexcept {
  return is_valid(x) ? id_of(x).level() : -1;
}

cell_id parent_of(cell_id x, int level) noexcept {
  if (level < 0 || level > level_of(x))
    return {};
  return {id_of(x).parent(level).id()};
}

std::vector<cell_id> covering(geo_point p, std::uint32_t radius_m, int level,
                              std::size_t max_cells) {
  std::vector<cell_id> out;
  auto first = cell_of(p, level);
  if (!first || max_cells == 0)
    return out;
  // Best first: on the way to a cell's nearest point one passes only cells that
  // are nearer, so the queue always holds the next nearest one.
  const auto point = lat_lng(p).ToPoint();
  using item = std::pair<double, S2CellId>;
  std::priority_queue<item, std::vector<item>, std::greater<>> queue;
  std::vector<S2CellId> seen{id_of(first)};
  queue.emplace(0.0, id_of(first));
  std::vector<S2CellId> around;
  while (!queue.empty() && out.size() < max_cells) {
    auto cell = queue.top().second;
    queue.pop();
    out.push_back({cell.id()});
    around.clear();
    cell.AppendAllNeighbors(level, &around);
    for (auto next : around) {
      if (std::find(seen.begin(), seen.end(), next) != seen.end())
        continue;
      seen.push_back(next);
      auto away = metres(S2Cell{next}.GetDistance(point));
      if (away <= radius_m)
        queue.emplace(away, next);
    }
  }
  return out;
}

std::vector<cell_id> surroundings(cell_id x, std::uint32_t radius_m,
                                  std::size_t max_cells) {
  if (!is_valid(x))
    return {};
  auto middle = centre(x);
  auto reach = 0.0;
  for (auto corner : vertices(x))
    reach = std::max(reach, distance_m(middle, corner));
  // Two metres for the rounding of corners and distances.
  auto radius = radius_m + static_cast<std::uint32_t>(reach) + 2;
  return covering(middle, radius, level_of(x), max_cells);
}

std::vector<cell_id> neighbours(cell_id x) {
  std::vector<cell_id> out;
  if (!is_valid(x))
    return out;
  std::vector<S2CellId> around;
  id_of(x).AppendAllNeighbors(id_of(x).level(), &around);
  // Near a corner of the cube one cell is reported from two sides.
  std::sort(around.begin(), around.end());
  around.erase(std::unique(around.begin(), around.end()), around.end());
  out.reserve(around.size());
  for (auto id : around)
    out.push_back({id.id()});
  return out;
}

geo_point centre(cell_id x) noexcept {
  return is_valid(x) ? to_geo(id_of(x).ToLatLng()) : geo_point{};
}

std::array<geo_point, 4> vertices(cell_id x) noexcept {
  std::array<geo_point, 4> out{};
  if (!is_valid(x))
    return out;
  S2Cell cell{id_of(x)};
  for (int i = 0; i < 4; ++i)
    out[static_cast<std::size_t>(i)] = to_geo(S2LatLng{cell.GetVertex(i)});
  return out;
}

geo_box bounding_box(cell_id x) noexcept {
  if (!is_valid(x))
    return {};
  auto box = S2Cell{id_of(x)}.GetRectBound();
  return {to_geo(box.lo()), to_geo(box.hi())};
}

std::uint32_t border_distance_m(geo_point p, cell_id x) noexcept {
  if (!is_valid(x))
    return 0;
  auto point = lat_lng(p).ToPoint();
  return whole(metres(S2Cell{id_of(x)}.GetBoundaryDistance(point)));
}

std::uint32_t cell_distance_m(geo_point p, cell_id x) noexcept {
  if (!is_valid(x))
    return 0;
  auto point = lat_lng(p).ToPoint();
  return whole(metres(S2Cell{id_of(x)}.GetDistance(point)));
}

} // namespace hansom
