#pragma once

#include "cluster/redis/redis_ports.hpp"
#include "persistence/relay/relay.hpp"

#include <prometheus/collectable.h>

namespace hansom {

/// Redis and the relay in Prometheus' words.
/// All must outlive the result.
/// @param events gives null while nothing is published.
std::shared_ptr<prometheus::Collectable> make_redis_collector(
  const redis::link& link, const redis::position_board& board,
  const stream_mirror& mirror, std::function<const relay_stats*()> events);

} // namespace hansom
