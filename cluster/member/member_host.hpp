#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/core/member.hpp"
#include "cluster/heartbeat/heartbeat.hpp"
#include "cluster/member/broken_lines.hpp"
#include "cluster/member/move_times.hpp"
#include "cluster/member/task_thread.hpp"
#include "cluster/mesh/mesh.hpp"
#include "cluster/mesh/mesh_router.hpp"
#include "cluster/mesh/shard_map.hpp"
#include "protocol/histogram.hpp"
#include "protocol/shard_set.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace hansom {

/// What moving shards has cost. Readable from any thread.
struct move_figures {
  std::atomic<std::uint64_t> out{0};
  std::atomic<std::uint64_t> in{0};
  histogram<wait_bounds_us> sealed_us; ///< Sealed until handed over.
  histogram<wait_bounds_us> open_us;   ///< Reading one until it is open.
};

/// Lets `core::member` act: gives it what the clock, the store and the mesh
/// have to say, and carries out what it decides. Three threads of its own, none
/// of them an actor's: one decides, one asks the store, one moves shards; the
/// heartbeat has its own two.
///
/// Order of life: make it; make router, runtime and mesh with it; `start`; at
/// the end `leave`, `stop`, then the mesh.
class member_host final : public peer_listener {
public:
  struct parts {
    core::member::setup setup;
    store::membership_source rows;         ///< For the store's thread.
    store::membership_source heartbeats;   ///< Gives up within a second.
    std::shared_ptr<store::factory> store; ///< Where shards are read from.
    std::string name;                      ///< Of this node.
    shard_map* map = nullptr;
    mesh_router* router = nullptr;
    mesh* links = nullptr;
    runtime* actors = nullptr;
    std::function<void()> on_draining;  ///< Clients are to go elsewhere.
    std::function<void()> on_undrained; ///< Clients are welcome again.
    /// The shard's entities are in memory. May be empty; must not block.
    std::function<void(shard_id)> on_opened;
    /// Clients of these shards are to be told anew where they stand: the shards
    /// are on another node than before, or what their entities said to clients
    /// of this node may have been lost on the way. Must not block.
    std::function<void(const shard_set&)> reattach;
    std::function<std::uint64_t()> sessions;
    /// The process has no part in the cluster any more and must end at once.
    std::function<void(const std::string& reason)> on_dead;
  };

  member_host() = default;
  ~member_host() override;

  void start(parts with);
  /// Everything is handed over, then this node has left. Blocks.
  /// @returns whether it came to that within `limit`.
  bool leave(milliseconds limit, const std::string& reason);
  /// Idempotent.
  void stop();

  /// For people; any thread.
  struct report {
    store::node_status status = store::node_status::joining;
    bool suspended = true;
    bool in_outage = false;
    std::size_t owned = 0;
    std::uint64_t suspensions = 0;
    std::uint64_t declared = 0; ///< Others, dead.
  };
  [[nodiscard]] report now() const;
  [[nodiscard]] const move_figures& moves() const noexcept {
    return moves_;
  }
  /// @returns whether this node has left, as it was told to.
  [[nodiscard]] bool has_left() const noexcept {
    return left_.load(std::memory_order_relaxed);
  }
  /// Waits until this node is active and not suspended.
  bool await_active(milliseconds limit) const;

  // -- peer_listener ----------------------------------------------------------

  void link_up(store::incarnation peer) override;
  void link_down(store::incarnation peer, link_evidence why) override;
  void not_reached(store::incarnation peer, link_evidence why) override;
  void control(store::incarnation from, std::string body) override;
  void owner_heard(shard_id shard, store::incarnation owner,
                   store::epoch epoch) override;
  void fenced(shard_id shard, store::epoch under) override;

private:
  struct carrier;

  void tell(core::input x);
  void decide();
  void carry_out(const core::effects& xs);
  void after_step();
  void tell_drain();
  void tell_moves();
  void tell_unheard();
  void learn(shard_id shard);
  template <class F, class Answer>
  void ask_rows(F ask, Answer answer);
  void say_leaving(const store::change_note& note);
  void poll_quiet();
  void preload(const store::shard_row& what);
  store::connection& reads();
  void open_shard(const core::load& x);
  void hand_over(shard_id shard, store::epoch epoch);

  parts with_;
  store::incarnation self_ = 0;
  /// Of the deciding thread alone.
  std::unique_ptr<core::member> brain_;
  std::uint64_t seen_version_ = 0;
  bool look_again_ = false;
  bool drain_told_ = false;
  std::array<store::epoch, shard_count> seen_epochs_{};
  broken_lines broken_;
  move_times times_;

  /// Of the store's thread alone.
  std::unique_ptr<store::membership> rows_;
  bool rows_failed_ = false;
  /// Of the shards' thread alone.
  std::unique_ptr<store::connection> reads_;
  std::array<store::epoch, shard_count> sealing_{}; ///< 0: not to be moved.
  std::vector<shard_id> sealed_; ///< Of those, the ones not known to be quiet.
  std::array<std::chrono::steady_clock::time_point, shard_count> sealed_at_{};

  move_figures moves_;
  std::atomic<bool> running_{false};
  std::atomic<bool> leaving_{false}; ///< Was told to.
  std::atomic<bool> left_{false};
  task_thread asking_;
  task_thread moving_;
  std::unique_ptr<heart> heart_;
  std::thread deciding_;

  mutable std::mutex mutex_; ///< Guards what follows.
  mutable std::condition_variable changed_;
  std::deque<core::input> inputs_;
  report report_;
};

} // namespace hansom
