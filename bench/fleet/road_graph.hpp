#pragma once

#include "bench/fleet/mover.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace hansom::fleet {

/// Roads with measured seconds per link. Immutable once read; `way` may be
/// called from several threads.
class road_graph {
public:
  /// @param nodes CSV with name, lat, lon; @param links CSV with start, end
  ///        and the column `seconds`.
  /// @throws demand_error with file and line.
  road_graph(const std::string& nodes, const std::string& links,
             const std::string& seconds);

  /// The fastest way: straight to the nearest node, along the roads, straight
  /// to the end. Straight all the way where no road leads.
  /// @param speed_m_s off the roads.
  std::vector<leg> way(geo_point from, geo_point to, double speed_m_s) const;

  std::size_t size() const noexcept {
    return nodes_.size();
  }

private:
  struct link {
    std::uint32_t to = 0;
    float seconds = 0;
    float metres = 0;
  };
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t nearest(geo_point at) const;
  std::vector<std::uint32_t> search(std::uint32_t from, std::uint32_t to) const;
  static std::int64_t tile(geo_point at, int north, int east) noexcept;

  std::vector<geo_point> nodes_;
  std::vector<std::uint32_t> first_; ///< Of each node's links.
  std::vector<link> links_;
  std::unordered_map<std::int64_t, std::vector<std::uint32_t>> tiles_;
  double fastest_m_s_ = 1;
};

} // namespace hansom::fleet
