#pragma once

#include "persistence/store.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace hansom {

struct upkeep_config {
  /// A closed trip leaves the states so long after its end.
  milliseconds trip_history_after = std::chrono::hours{24};
  /// Events older than this are dropped; 0 keeps them for ever.
  milliseconds journal = std::chrono::hours{90 * 24};
  /// A command said again within this takes effect once.
  milliseconds commands = std::chrono::hours{24};
  /// Trips asked for before this have coarse positions; 0 never.
  milliseconds exact_positions = std::chrono::hours{30 * 24};
  milliseconds pass_every{600'000}; ///< All tasks are looked at so often.
  std::size_t step_rows = 200;      ///< In one transaction at most.
  milliseconds pause{10};           ///< Between steps, at least.
};

/// Readable from any thread.
struct upkeep_stats {
  struct task {
    std::atomic<std::uint64_t> rows{0};
    std::atomic<std::uint64_t> steps{0};
  };
  std::array<task, store::upkeep_task_count> tasks;
  std::atomic<std::uint64_t> passes{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::int64_t> pass_ended_ms{0}; ///< Wall clock; 0: none yet.
  std::atomic<bool> running{false};           ///< A pass is under way.
  std::atomic<bool> failing{false};           ///< The last pass did not end.

  /// Why the last pass did not end, or what older things wait for.
  [[nodiscard]] std::string remark() const {
    std::lock_guard hold{mutex_};
    return remark_;
  }
  void set_remark(std::string text) {
    std::lock_guard hold{mutex_};
    remark_ = std::move(text);
  }

private:
  mutable std::mutex mutex_;
  std::string remark_; ///< Guarded by `mutex_`.
};

/// @returns the order of one task at a moment; none when the settings switch it
///          off.
std::optional<store::upkeep_order>
order_of(const upkeep_config& with, store::upkeep_task what, timestamp now);

/// Keeps the store in order while a node runs, with a thread and a connection
/// of its own: days are prepared, closed trips leave the states, old positions
/// become coarse, old events and commands go. Small steps, each a transaction,
/// and a pause after each at least as long as the step was. It remembers
/// nothing that the store does not: whoever starts again finds done what is
/// done.
class upkeep {
public:
  struct parts {
    std::shared_ptr<store::factory> store;
    store::incarnation self = 0;
    std::function<timestamp()> now;
    store::fold_function fold;
    /// Last published event of each shard; empty when nobody publishes.
    std::function<store::shard_numbers()> published;
    /// Whether clients wait for the store: the job waits then. May be empty.
    std::function<bool()> is_busy;
    /// Whether this node owns a shard: the store refuses a pass otherwise. May
    /// be empty.
    std::function<bool()> has_shards;
  };

  upkeep(upkeep_config with, parts what);
  ~upkeep();
  upkeep(const upkeep&) = delete;
  upkeep& operator=(const upkeep&) = delete;

  void start();
  /// Ends after the step that runs. Idempotent.
  void stop();

  /// Everything that there is to do now, on the calling thread: for tests and
  /// for a stopped node. @throws store::unavailable_error.
  void run_once();

  [[nodiscard]] const upkeep_stats& stats() const noexcept;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace hansom
