#pragma once

#include "protocol/ids.hpp"

#include <array>
#include <chrono>
#include <string>

namespace hansom {

/// What a shard's move spends its time on: the steps of each, one line of the
/// log at level debug. Of one thread.
class move_times {
public:
  /// A move begins here, with this step; one that had begun is forgotten.
  void begin(shard_id shard, const char* step);
  /// A step of it. Does nothing when none has begun.
  void mark(shard_id shard, const char* step);
  /// The last one: writes the line.
  void end(shard_id shard, const char* step);

private:
  using clock = std::chrono::steady_clock;
  struct move {
    bool going = false;
    clock::time_point last;
    std::string text; ///< "preparing 0.8 ms, sealing 1.2 ms"
    const char* step = "";
  };

  std::array<move, shard_count> moves_;
};

} // namespace hansom
