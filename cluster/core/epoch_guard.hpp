#pragma once

#include "persistence/store.hpp"

#include <array>
#include <cstdint>

namespace hansom::core {

/// The highest epoch seen of each shard. Outputs of a lower one come from an
/// owner that was replaced and does not know it yet: they are dropped.
class epoch_guard {
public:
  /// @returns whether an output of that epoch may pass; it is then the highest.
  bool pass(shard_id shard, store::epoch at) noexcept {
    auto& highest = highest_[shard % shard_count];
    if (at < highest) {
      ++dropped_;
      return false;
    }
    highest = at;
    return true;
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_;
  }

private:
  std::array<store::epoch, shard_count> highest_{};
  std::uint64_t dropped_ = 0;
};

} // namespace hansom::core
