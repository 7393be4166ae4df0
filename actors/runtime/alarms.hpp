#pragma once

#include "actors/messages.hpp"

#include <mutex>
#include <unordered_map>
#include <vector>

namespace hansom {

/// One timing wheel for all entities of a node. An alarm is a name and a
/// token: nothing is cancelled and nothing is kept alive, an entity ignores a
/// token that it does not wait for any more. (CAF's own delayed messages cost
/// 10-20 us each and hold a strong reference until they fire.)
/// Thread-safe. Granularity `tick`; late by at most one tick, never early.
class alarms {
public:
  static constexpr milliseconds tick{50};

  struct entry {
    entity_ref to;
    std::uint64_t token = 0;
    timestamp due;
  };

  explicit alarms(timestamp start);

  void set(entity_ref to, std::uint64_t token, timestamp due);

  /// Removes and returns what is due at `now`, earliest tick first.
  [[nodiscard]] std::vector<entry> take_due(timestamp now);

  [[nodiscard]] std::size_t size() const;

private:
  static constexpr std::size_t slots = 4096; ///< 204.8 s a turn.

  mutable std::mutex mutex_;
  std::vector<std::vector<entry>> wheel_;
  std::int64_t done_tick_; ///< All ticks up to this one have been taken.
  std::size_t size_ = 0;
};

} // namespace hansom
