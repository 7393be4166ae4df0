#pragma once

#include "persistence/redis/config.hpp"
#include "persistence/redis/link.hpp"
#include "persistence/relay/event_sink.hpp"

#include <memory>

namespace hansom::redis {

/// @returns the key of a shard's stream.
std::string stream_key(const std::string& prefix, shard_id shard);

/// The journal as Redis streams: `<prefix>:events:<shard>`, entry id
/// `<shard_seq>-0`. Fields: see README.md.
/// @param to must outlive the sink.
std::unique_ptr<event_sink> make_stream_sink(link& to, const config& with);

} // namespace hansom::redis
