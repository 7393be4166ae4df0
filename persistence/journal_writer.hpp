#pragma once

#include "persistence/store.hpp"
#include "protocol/histogram.hpp"
#include "protocol/tracer.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace hansom {

/// An entity's wish to make one step durable. Local to the node, never on the
/// wire.
struct commit_request {
  store::write what;
  std::uint64_t token = 0;  ///< Chosen by the asker, comes back in the answer.
  bool urgent = true;       ///< First lane: trips and money.
  trace_context trace = {}; ///< Who waits for it; zero: not recorded.
};

/// The answer. Sent to the asking actor once the step is durable, or not.
struct commit_result {
  std::uint64_t token = 0;
  store::result result;
};

/// Looks up what a command did before; answered with `lookup_result`.
struct lookup_command {
  store::command_key key;
  std::uint64_t token = 0;
};

struct lookup_result {
  std::uint64_t token = 0;
  bool found = false;
  bool unavailable = false; ///< The store could not be asked.
  entity_ref entity;
  std::uint64_t seq = 0;
};

/// Loads an entity's state and who holds which claims; answered with
/// `load_result`.
struct load_entity {
  entity_ref entity;
  std::vector<store::claim> claims;
  std::uint64_t token = 0;
};

struct load_result {
  std::uint64_t token = 0;
  bool found = false;
  bool unavailable = false;
  store::stored_entity entity;
  std::vector<store::claim_row> claims; ///< Those of the asked that are held.
};

/// Bounds of the sizes of batches.
inline constexpr std::array<std::uint64_t, 10> batch_bounds{
  1, 2, 4, 8, 16, 32, 64, 128, 256, 1'024};

/// What the writer does, readable from any thread.
struct journal_writer_stats {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> refused_full{0}; ///< Queue bound met.
  std::atomic<std::uint64_t> fenced{0};       ///< stale_epoch outcomes.
  std::atomic<std::uint64_t> duplicates{0};
  std::atomic<std::uint64_t> claims_lost{0};
  std::atomic<std::uint64_t> sequence_conflicts{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> unavailable{0};
  std::atomic<std::uint64_t> queued{0};     ///< Waiting now.
  std::atomic<std::uint64_t> last_batch{0}; ///< Size of the last batch.
  std::atomic<std::uint64_t> busy_ns{0};    ///< Spent in commit().
  histogram<wait_bounds_us> commit_us;      ///< One commit of a batch.
  histogram<wait_bounds_us> answer_us;      ///< Of a write, from its arrival.
  histogram<batch_bounds> batch_sizes;
  std::atomic<std::int64_t> last_commit_ns{0}; ///< How long the last took.
  std::atomic<std::uint64_t> retried{0};       ///< Batches sent again.
  std::atomic<std::uint64_t> expired{0};   ///< Waited too long for the store.
  std::atomic<std::uint64_t> uncertain{0}; ///< Outcomes that had to be found.
  /// Steady clock, when the store was first missed; 0 while it is there.
  std::atomic<std::int64_t> outage_began_ns{0};
  /// Steady clock, when the running commit began; 0 when none runs. A stalled
  /// disk shows here while `queued` stands still: shed when it is too old.
  std::atomic<std::int64_t> commit_began_ns{0};
  /// Events made durable, per shard: tells the relay where to look.
  std::array<std::atomic<std::uint64_t>, shard_count> shard_events{};

  /// Why the store was last missed; any thread.
  [[nodiscard]] std::string last_failure() const {
    std::lock_guard hold{mutex_};
    return last_failure_;
  }
  void set_last_failure(std::string why) {
    std::lock_guard hold{mutex_};
    last_failure_ = std::move(why);
  }

private:
  mutable std::mutex mutex_;
  std::string last_failure_; ///< Guarded by `mutex_`.
};

struct journal_writer_config {
  std::size_t batch_max = 256;
  std::size_t queue_max = 16'384; ///< Beyond it: `unavailable`, at once.
  /// The same while the store is gone: fewer may wait, and not for long.
  std::size_t outage_queue_max = 1'000;
  std::chrono::milliseconds outage_wait{5'000};
  tracer* spans = nullptr; ///< Null: none. Must outlive the writer.
};

/// Spawns the node's one journal writer.
/// Adaptive group commit: what waits when a batch returns becomes the next
/// batch. Answers every request exactly once, in order per entity.
/// @param detached own thread (production); `false` runs it on the scheduler,
///                 for the deterministic simulation.
/// @param connection used by the writer alone.
caf::actor spawn_journal_writer(caf::actor_system& system,
                                std::unique_ptr<store::connection> connection,
                                journal_writer_config config,
                                std::shared_ptr<journal_writer_stats> stats,
                                bool detached = true);

/// The same, and the writer outlives the store's absence: it opens a new
/// connection every 200 ms, and meanwhile requests wait, `outage_queue_max` of
/// them for `outage_wait` each, and are then answered `unavailable`. A batch
/// whose outcome nobody knows stays until the store has told.
/// @throws store::unavailable_error when the first connection fails.
caf::actor spawn_journal_writer(caf::actor_system& system,
                                std::shared_ptr<store::factory> connections,
                                journal_writer_config config,
                                std::shared_ptr<journal_writer_stats> stats,
                                bool detached = true);

/// Spawns a reader that answers `lookup_command` and `load_entity`. With a
/// lasting connection (persistence/lasting.hpp) it outlives the store's
/// absence.
caf::actor spawn_store_reader(caf::actor_system& system,
                              std::unique_ptr<store::connection> connection,
                              bool detached = true);

} // namespace hansom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::commit_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::commit_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::lookup_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::lookup_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::load_entity)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::load_result)
