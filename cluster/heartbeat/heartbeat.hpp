#pragma once

#include "cluster/core/messages.hpp"

#include <caf/fwd.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace hansom {

/// Runs a task as a turn of an actor: it is answered when the scheduler still
/// runs anything at all.
using scheduler_door = std::function<void(std::function<void()>)>;
scheduler_door door_of(caf::actor_system& system);

/// A node's sense of time: two threads that ask neither the scheduler of actors
/// nor anybody else's connection. One ticks; one makes the heartbeats, on a
/// connection of its own, which may hang without stopping time. Both say what
/// they saw as inputs of the decisions (`core::member`), which alone know what
/// it means: when a node suspends itself, and whom it judges.
class heart {
public:
  struct parts {
    /// Of the connection that beats. Its statements have to give up within half
    /// of `core::times::self`.
    store::membership_source open;
    /// Called from both threads and from the scheduler's.
    std::function<void(core::moment now, core::input what)> emit;
    scheduler_door scheduler;
    std::function<core::moment()> clock; ///< Empty: `boot_now`.
    milliseconds tick_every{80};         ///< A fifth of `core::times::wake`.
  };

  struct counts {
    std::uint64_t beats = 0;
    std::uint64_t missed = 0;     ///< The store did not answer.
    std::uint64_t reconnects = 0; ///< Connections opened but the first.
  };

  explicit heart(parts with);
  ~heart();
  heart(const heart&) = delete;
  heart& operator=(const heart&) = delete;

  void start();
  /// Waits for a beat that is on its way. Idempotent.
  void stop();

  /// Makes one heartbeat of `self` and emits `beat_done`. One that is asked for
  /// while another is on its way follows it; more are the same one. Any thread.
  void beat(store::incarnation self);

  /// Emits `scheduler_ran` when the scheduler has run what is posted now. While
  /// one is out, no other is posted: a wedged scheduler collects nothing. Any
  /// thread.
  void ping();

  [[nodiscard]] counts counted() const;

private:
  /// Outlives this object as long as a ping is out.
  struct shared {
    std::mutex mutex;
    std::function<void(core::moment, core::input)> emit; ///< Empty: over.
    bool ping_out = false;
  };

  void tick_until_stopped();
  void beat_until_stopped();
  core::beat_done beat_once(store::incarnation self);

  parts with_;
  std::shared_ptr<shared> shared_ = std::make_shared<shared>();
  std::unique_ptr<store::membership> rows_; ///< Of the beating thread alone.
  bool opened_before_ = false;              ///< The same.
  bool silent_ = false;                     ///< The same: the last one failed.

  std::atomic<std::uint64_t> beats_{0};
  std::atomic<std::uint64_t> missed_{0};
  std::atomic<std::uint64_t> reconnects_{0};

  std::mutex mutex_; ///< Guards what follows.
  std::condition_variable changed_;
  store::incarnation wanted_ = 0; ///< Who beats next; 0: nobody.
  bool running_ = false;
  std::thread ticker_;
  std::thread beater_;
};

} // namespace hansom
