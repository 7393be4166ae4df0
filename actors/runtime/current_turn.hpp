#pragma once

#include "protocol/ids.hpp"

namespace hansom {

/// Whose turn the calling thread is running: what an entity says bears its
/// shard, so that receivers can tell a former owner's words from the present
/// one's.
inline constexpr shard_id no_shard = 0xffff;

inline thread_local shard_id current_shard = no_shard;

/// Says so while it lives.
class turn_of {
public:
  explicit turn_of(shard_id x) noexcept : before_{current_shard} {
    current_shard = x;
  }
  ~turn_of() {
    current_shard = before_;
  }
  turn_of(const turn_of&) = delete;
  turn_of& operator=(const turn_of&) = delete;

private:
  shard_id before_;
};

} // namespace hansom
