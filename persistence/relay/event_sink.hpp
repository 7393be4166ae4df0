#pragma once

#include "persistence/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hansom {

/// Where the relay publishes the journal: one ordered, numbered stream of
/// events per shard that remembers its last number. Used by the relay's thread
/// alone; calls may block for a few seconds.
///
/// Redis streams are one (`persistence/redis/stream_sink.hpp`). For Kafka: one
/// partition per shard, `last` reads the last record of each partition (its
/// number is the record's key), `publish` is a transaction or an idempotent
/// producer's batch, and `moved` is the answer when the broker has records
/// after `after`.
class event_sink {
public:
  enum class outcome : std::uint8_t {
    published, ///< All of it.
    moved,     ///< The stream does not end at `after`: look again at `last`.
    away,      ///< No answer; part of it may have been published.
  };

  virtual ~event_sink() = default;

  /// @returns the number of the last event of each of `shards`' streams, in
  ///          order, 0 for an empty one; none when the sink cannot be asked.
  virtual std::optional<std::vector<std::uint64_t>>
  last(const std::vector<shard_id>& shards) = 0;

  /// Appends rows of one shard, in order, provided that the stream's last
  /// number is `after` (0: it is empty).
  virtual outcome publish(shard_id shard, std::uint64_t after,
                          const std::vector<store::journal_row>& rows) = 0;

  /// Grows when the sink may have lost what it had: a new connection.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;

  /// For the log.
  [[nodiscard]] virtual std::string describe() const = 0;
};

} // namespace hansom
