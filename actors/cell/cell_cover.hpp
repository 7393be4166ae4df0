#pragma once

#include "actors/cell/driver_index.hpp"
#include "protocol/geo.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <cstdint>
#include <vector>

/// The city in S2 cells. All functions are pure and thread-safe. A cell id that
/// is not valid gives an empty result, no undefined behaviour.
namespace hansom {

/// @returns the cell of the level (0 to 30) that holds the point.
cell_id cell_of(geo_point p, int level) noexcept;

/// @returns whether the value is an S2 cell at all.
bool is_valid(cell_id x) noexcept;

/// @returns the cell's level, or -1 for an invalid id.
int level_of(cell_id x) noexcept;

/// @returns the ancestor at `level`, the cell itself at its own level.
cell_id parent_of(cell_id x, int level) noexcept;

/// Cells of `level` that a circle touches, nearest first, the point's own cell
/// always among them. The farthest are left out beyond `max_cells`.
std::vector<cell_id> covering(geo_point p, std::uint32_t radius_m, int level,
                              std::size_t max_cells);

/// Cells that circles of that radius around points of the cell can touch,
/// nearest to its centre first: a few more than `covering` of one point. It is
/// the same for every request of a cell, so compute it once; `covering` of 4 km
/// at level 13 takes tens of microseconds.
std::vector<cell_id> surroundings(cell_id x, std::uint32_t radius_m,
                                  std::size_t max_cells);

/// @returns the cells that share an edge or a corner (8, near a cube corner 7).
std::vector<cell_id> neighbours(cell_id x);

/// @returns the cell's centre.
geo_point centre(cell_id x) noexcept;

/// @returns the corners, counter-clockwise.
std::array<geo_point, 4> vertices(cell_id x) noexcept;

/// @returns the box around the cell's corners and edges.
geo_box bounding_box(cell_id x) noexcept;

/// @returns metres from the point to the cell's border, inside or outside.
std::uint32_t border_distance_m(geo_point p, cell_id x) noexcept;

/// @returns metres from the point to the cell; 0 inside.
std::uint32_t cell_distance_m(geo_point p, cell_id x) noexcept;

} // namespace hansom
