#pragma once

#include "protocol/ids.hpp"

#include <bitset>

namespace hansom {

/// Some of all shards, by number.
using shard_set = std::bitset<shard_count>;

} // namespace hansom
