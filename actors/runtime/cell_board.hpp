#pragma once

#include "protocol/ids.hpp"

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hansom {

/// What a cell says of itself at each update of its price, every some seconds.
struct cell_row {
  std::uint32_t price_milli = 1000;
  std::uint32_t free_drivers = 0;
  std::uint32_t waiting = 0; ///< Requests to be matched.
};

/// The cells of this node, for the metrics. Thread-safe; a lock for each update
/// of a cell, not for each ride.
class cell_board {
public:
  static constexpr std::size_t cells_max = 16'384;

  void set(cell_id cell, const cell_row& x) {
    std::lock_guard hold{mutex_};
    if (rows_.size() < cells_max || rows_.count(cell) != 0)
      rows_[cell] = x;
  }

  void forget(cell_id cell) {
    std::lock_guard hold{mutex_};
    rows_.erase(cell);
  }

  [[nodiscard]] std::vector<std::pair<cell_id, cell_row>> all() const {
    std::lock_guard hold{mutex_};
    return {rows_.begin(), rows_.end()};
  }

private:
  mutable std::mutex mutex_;
  std::unordered_map<cell_id, cell_row> rows_;
};

} // namespace hansom
