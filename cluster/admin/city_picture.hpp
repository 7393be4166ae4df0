#pragma once

#include "actors/cell/cell_picture.hpp"
#include "actors/runtime/runtime.hpp"

#include <functional>
#include <vector>

namespace hansom {

/// What cells said of themselves at one moment.
struct city_picture {
  timestamp at;
  std::vector<cell_picture> cells;
  std::vector<cell_id> silent; ///< Are there and did not answer in time.
  std::size_t cut = 0;         ///< Cells beyond the bound, not asked.
};

/// Asks cells; hands on what they say, from any thread, once, within about half
/// a second.
using cell_source =
  std::function<void(map_ask, std::function<void(city_picture)>)>;

/// Asks all cells of the node, at most 5,000.
/// @param node must outlive what is returned.
cell_source cells_of(runtime& node);

} // namespace hansom
