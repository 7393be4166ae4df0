#pragma once

#include "protocol/time.hpp"

#include <string>

/// Who is in the cluster and who owns which shard: pure decisions. No clock, no
/// I/O, no threads; see README.md.
namespace hansom::core {

/// A point on one node's own clock, which runs through suspends: milliseconds
/// since some moment before the node's start. Never compared between nodes.
using moment = milliseconds;

/// How long things may take. One scale for all: a machine that starves its
/// processes needs longer times, in the same proportions.
struct times {
  milliseconds heartbeat{500};
  /// Without a heartbeat sent within this, a node suspends itself.
  milliseconds self{2000};
  /// Whose heartbeats stand still for this on an observer's clock is dead.
  milliseconds dead{3000};
  /// The same with hard evidence.
  milliseconds fast{750};
  /// A gap in a node's own timer that makes it suspend itself.
  milliseconds wake{400};
  milliseconds quiet{2000};   ///< Start of a whole cluster: no newcomer for it.
  milliseconds stable{2000};  ///< Members unchanged, before shards are moved.
  milliseconds cut{5000};     ///< A cut link, before one of the two drains.
  milliseconds prepare{2000}; ///< A target gets ready within this,
  milliseconds seal{1000};    ///< a shard is handed over within this,
  milliseconds hold{300};     ///< and commands wait this long for older ones.
  milliseconds tombstone{10'000}; ///< The old owner forwards late commands.
  milliseconds drain{30'000};     ///< Then shards are given back unhanded.
  milliseconds retry{250};        ///< Before what failed is tried again.

  [[nodiscard]] times scaled(int by) const;
};

/// @returns an empty text, or why these times are not safe together.
std::string find_defect(const times& x);

} // namespace hansom::core
