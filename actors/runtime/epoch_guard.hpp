#pragma once

#include "persistence/store.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <atomic>

namespace hansom {

/// The highest epoch seen of each shard. What a former owner still says is told
/// by its lower epoch. Thread-safe.
class epoch_guard {
public:
  /// @returns `false` when a higher epoch of that shard has been seen.
  bool admit(shard_id shard, store::epoch x) noexcept {
    auto& highest = highest_[shard];
    auto seen = highest.load(std::memory_order_acquire);
    while (seen < x)
      if (highest.compare_exchange_weak(seen, x, std::memory_order_acq_rel))
        return true;
    return seen <= x;
  }

  [[nodiscard]] store::epoch of(shard_id shard) const noexcept {
    return highest_[shard].load(std::memory_order_acquire);
  }

private:
  std::array<std::atomic<store::epoch>, shard_count> highest_{};
};

} // namespace hansom
