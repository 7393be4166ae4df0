#include "bench/fleet/road_graph.hpp"

#include "bench/fleet/csv_file.hpp"
#include "bench/fleet/demand.hpp"

#include <algorithm>
#include <limits>
#include <queue>

namespace hansom::fleet {

namespace {

constexpr std::int32_t tile_e7 = 50'000; // About 500 m.
constexpr double seconds_max = 3600;
constexpr double speed_max_m_s = 40;

} // namespace

std::int64_t road_graph::tile(geo_point at, int north, int east) noexcept {
  return (std::int64_t{at.lat_e7 / tile_e7 + north} << 32)
         ^ static_cast<std::uint32_t>(at.lon_e7 / tile_e7 + east);
}

road_graph::road_graph(const std::string& nodes, const std::string& links,
                       const std::string& seconds) {
  std::unordered_map<std::string, std::uint32_t> names;
  csv_file places{nodes};
  const auto name = places.column("name"), lat = places.column("lat"),
             lon = places.column("lon");
  while (places.next()) {
    const auto number = static_cast<std::uint32_t>(nodes_.size());
    names.emplace(places.field(name), number);
    nodes_.push_back(
      from_degrees(places.number(lat, -90, 90), places.number(lon, -180, 180)));
    tiles_[tile(nodes_.back(), 0, 0)].push_back(number);
  }
  std::vector<std::vector<link>> from_node(nodes_.size());
  csv_file roads{links};
  const auto start = roads.column("start"), end = roads.column("end"),
             time = roads.column(seconds);
  while (roads.next()) {
    auto a = names.find(std::string{roads.field(start)});
    auto b = names.find(std::string{roads.field(end)});
    if (a == names.end() || b == names.end())
      roads.fail("the link's start or end is no node of " + nodes);
    const double metres = distance_m(nodes_[a->second], nodes_[b->second]);
    // Some measurements are too good to be true.
    const double took = std::max(roads.number(time, 0, seconds_max),
                                 std::max(metres / speed_max_m_s, 0.1));
    fastest_m_s_ = std::max(fastest_m_s_, metres / took);
    from_node[a->second].push_back(
      {b->second, static_cast<float>(took), static_cast<float>(metres)});
  }
  first_.push_back(0);
  for (const auto& xs : from_node) {
    links_.insert(links_.end(), xs.begin(), xs.end());
    first_.push_back(static_cast<std::uint32_t>(links_.size()));
  }
}

std::uint32_t road_graph::nearest(geo_point at) const {
  std::uint32_t best = none;
  double best_m = std::numeric_limits<double>::max();
  for (int north = -1; north <= 1; ++north)
    for (int east = -1; east <= 1; ++east) {
      auto found = tiles_.find(tile(at, north, east));
      if (found == tiles_.end())
        continue;
      for (auto node : found->second)
        if (double d = distance_m(at, nodes_[node]); d < best_m) {
          best_m = d;
          best = node;
        }
    }
  return best;
}

/// A*: the straight line at the fastest speed never overestimates.
std::vector<std::uint32_t> road_graph::search(std::uint32_t from,
                                              std::uint32_t to) const {
  struct reached {
    float seconds;
    std::uint32_t before;
  };
  struct open_node {
    double total;
    std::uint32_t node;
    bool operator<(const open_node& x) const {
      return total > x.total;
    }
  };
  std::unordered_map<std::uint32_t, reached> known;
  std::priority_queue<open_node> open;
  const auto rest = [&](std::uint32_t node) {
    return distance_m(nodes_[node], nodes_[to]) / fastest_m_s_;
  };
  known[from] = {0, none};
  open.push({rest(from), from});
  while (!open.empty()) {
    const auto node = open.top().node;
    open.pop();
    if (node == to)
      break;
    const float so_far = known[node].seconds;
    for (auto i = first_[node]; i < first_[node + 1]; ++i) {
      const float there = so_far + links_[i].seconds;
      auto [x, is_new] = known.try_emplace(links_[i].to, reached{there, node});
      if (!is_new && x->second.seconds <= there)
        continue;
      x->second = {there, node};
      open.push({there + rest(links_[i].to), links_[i].to});
    }
  }
  std::vector<std::uint32_t> out;
  if (!known.contains(to))
    return out;
  for (auto node = to; node != none; node = known[node].before)
    out.push_back(node);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<leg> road_graph::way(geo_point from, geo_point to,
                                 double speed_m_s) const {
  std::vector<leg> out;
  const auto a = nearest(from), b = nearest(to);
  if (a != none && b != none && a != b) {
    auto nodes = search(a, b);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      double speed = speed_m_s;
      for (auto j = i > 0 ? first_[nodes[i - 1]] : 0u;
           i > 0 && j < first_[nodes[i - 1] + 1]; ++j)
        if (links_[j].to == nodes[i])
          speed = std::max(0.5, static_cast<double>(links_[j].metres)
                                  / static_cast<double>(links_[j].seconds));
      out.push_back({nodes_[nodes[i]], speed});
    }
  }
  out.push_back({to, speed_m_s});
  return out;
}

} // namespace hansom::fleet
