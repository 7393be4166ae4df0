#pragma once

#include "persistence/journal_writer.hpp"
#include "persistence/relay/event_sink.hpp"
#include "protocol/shard_set.hpp"

#include <functional>
#include <memory>

namespace hansom {

struct relay_config {
  std::size_t batch = 256;
  milliseconds look{10};           ///< For new commits; costs one atomic read.
  milliseconds verify_every{2000}; ///< Where streams end; all shards are read.
  milliseconds retry{200};         ///< While store or sink are away.
  /// An empty stream gets the events of so long again.
  milliseconds replay{3'600'000};
  /// At the stop, publishing what is left may take so long.
  milliseconds farewell{3000};
};

/// Readable from any thread.
struct relay_stats {
  std::atomic<std::uint64_t> events{0}; ///< Published, replays included.
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> regressions{0}; ///< Streams that lost events.
  std::atomic<std::uint64_t> ahead{0};  ///< Streams ahead of the journal, now.
  std::atomic<std::uint64_t> lag_ms{0}; ///< Of the shard furthest behind.
  std::atomic<std::uint64_t> lag_events{0}; ///< The same, at least.
  /// Of each shard, also those of other nodes, the last event that the sink
  /// has; 0: not known.
  std::array<std::atomic<std::uint64_t>, shard_count> published{};
  std::atomic<bool> sink_away{false};
  std::atomic<bool> store_away{false};
};

/// Publishes the journal of the owned shards, in order, each event at least
/// once, with a thread and a store connection of its own. It keeps no position:
/// the streams' ends are the position.
class relay {
public:
  struct parts {
    std::shared_ptr<store::factory> store;
    std::vector<shard_id> shards; ///< Unless they come and go:
    /// Which shards this node owns now. May be empty; any thread. A former
    /// owner that has not noticed harms nothing: it reads the same journal, and
    /// what it publishes has the same numbers.
    std::function<shard_set()> owned;
    std::unique_ptr<event_sink> sink;
    /// The journal writer's; its counters say which shards have news.
    std::shared_ptr<const journal_writer_stats> written;
    std::function<timestamp()> now;
  };

  relay(relay_config with, parts what);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  void start();
  /// Publishes what the journal has by now if the sink is there, for
  /// `farewell` at most, then joins. What is left is published after the next
  /// start.
  void stop();

  [[nodiscard]] const relay_stats& stats() const noexcept;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

/// @returns the number of the first event of a shard at or after `since`, or
///          the next one to come. Halves its way through the journal.
std::uint64_t first_since(store::connection& from, shard_id shard,
                          timestamp since);

} // namespace hansom
