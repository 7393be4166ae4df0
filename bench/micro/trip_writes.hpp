#pragma once

#include "persistence/store.hpp"

#include <array>

namespace hansom::bench {

/// The durable steps of plain rides, as a trip actor writes them: requested,
/// assigned, arrived, started, completed; with their claims, the command that
/// caused them, and the money at the end.
class trip_writes {
public:
  static constexpr std::size_t steps = 5;

  /// @param epochs of the shards; one element per shard.
  /// @param began when the first trip was asked for; the next hundred are of
  ///              the same millisecond.
  trip_writes(store::incarnation self,
              const std::vector<store::shard_row>& epochs,
              timestamp began = {1'750'000'000'000});

  /// @param step 0 to 4, to be committed in this order.
  [[nodiscard]] store::write make(std::uint64_t trip, std::size_t step) const;

private:
  store::incarnation self_;
  timestamp began_;
  std::array<store::epoch, shard_count> epochs_{};
};

} // namespace hansom::bench
