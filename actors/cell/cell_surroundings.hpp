#pragma once

#include "actors/cell/cell_cover.hpp"
#include "actors/cell/driver_index.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hansom {

/// The cells around one cell, looked up a hundred times faster than by S2:
/// each as the box around it, which may touch a circle that the cell itself
/// only nearly touches.
class cell_surroundings {
public:
  static constexpr std::size_t cells_max = 512;

  /// @param radius_m how far from any point of the cell circles may reach.
  cell_surroundings(cell_id centre, std::uint32_t radius_m);

  /// Calls `visit(cell_id)` for each cell that the circle touches, without the
  /// centre, nearest first.
  /// @param at within the centre cell or close to it.
  template <class Visitor>
  void for_each_within(geo_point at, std::uint32_t radius_m,
                       Visitor&& visit) const {
    std::vector<std::pair<double, cell_id>> near;
    for (auto& x : cells_)
      if (auto d = distance_to(x.box, at); d <= radius_m)
        near.emplace_back(d, x.cell);
    std::sort(near.begin(), near.end());
    for (auto& [d, cell] : near)
      visit(cell);
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return cells_.size();
  }

private:
  struct entry {
    cell_id cell;
    geo_box box;
  };

  /// @returns metres from a point to a box on the plane that touches the earth
  ///          at the centre cell.
  [[nodiscard]] double distance_to(const geo_box& box,
                                   geo_point at) const noexcept;

  double metres_per_lat_;
  double metres_per_lon_;
  std::vector<entry> cells_;
};

} // namespace hansom
