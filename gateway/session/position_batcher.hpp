#pragma once

#include "actors/cell/position_pack.hpp"

#include <string>
#include <unordered_map>
#include <utility>

namespace hansom {

/// Collects accepted positions, packed per cell, until the next flush. A cell
/// gets one message per flush instead of one per driver.
class position_batcher {
public:
  /// @returns whether the cell's batch is full and must be flushed now.
  bool add(cell_id cell, const packed_position& x) {
    auto& batch = batches_[cell];
    pack(batch, x);
    return batch.size() >= bytes_max;
  }

  [[nodiscard]] bool empty() const noexcept {
    return batches_.empty();
  }

  /// Calls `send(cell_id, std::string packed)` for each cell, then starts anew.
  template <class Send>
  void flush(Send&& send) {
    for (auto& [cell, batch] : batches_)
      send(cell, std::move(batch));
    batches_.clear();
  }

private:
  static constexpr std::size_t bytes_max = std::size_t{64} * 1024;

  std::unordered_map<cell_id, std::string> batches_;
};

} // namespace hansom
