#pragma once

#include "protocol/ids.hpp"

#include <string_view>

namespace hansom {

/// Who wants to know where drivers on shift are, outside of the actors. Called
/// by cells as they take positions in: implementations are thread-safe, never
/// block, and cost less than a microsecond a batch.
class position_port {
public:
  virtual ~position_port() = default;

  /// Positions that the cell took, as `position_pack.hpp` packs them; all of
  /// drivers that it knows.
  virtual void moved(cell_id cell, std::string_view packed) = 0;

  /// The cell does not know the driver any more: he is in another one, or off
  /// shift, or out of reach.
  virtual void gone(driver_id driver, cell_id cell) = 0;
};

} // namespace hansom
