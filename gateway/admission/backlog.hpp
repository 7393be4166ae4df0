#pragma once

/// How long work waits on its way through the node, measured where it waits.
/// For the gateway's own .cpp files.

#include "persistence/journal_writer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <caf/actor.hpp>

#include <atomic>
#include <chrono>
#include <memory>

namespace hansom {

/// How long a frame waits in its socket until its worker reads it. The kernel
/// hands out ready descriptors in the order in which they became ready, so one
/// of our own, made ready now, waits as long as a client's. One thread.
class socket_probe {
public:
  using time = std::chrono::steady_clock::time_point;

  /// @throws std::system_error when there is no descriptor left.
  explicit socket_probe(boost::asio::io_context& io);

  /// Starts a measurement unless one is under way.
  void send(time now);

  /// @returns what the last measurement said, or how long the present one has
  ///          taken so far when that is more.
  [[nodiscard]] std::chrono::nanoseconds lag(time now) const noexcept;

  /// Forgets what was measured: it is of long ago.
  void forget() noexcept {
    lag_ = {};
  }

  /// Ends what is under way, so that the loop can end.
  void stop() noexcept;

private:
  void wait();

  boost::asio::posix::basic_stream_descriptor<
    boost::asio::io_context::executor_type>
    own_;
  time sent_{}; ///< Zero: none under way.
  std::chrono::nanoseconds lag_{0};
};

/// How long a message waits until a thread runs its actor: an actor of our own
/// waits in the same line. Thread-safe.
class actor_probe {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit actor_probe(caf::actor_system& system);
  ~actor_probe();
  actor_probe(const actor_probe&) = delete;
  actor_probe& operator=(const actor_probe&) = delete;

  void send(time now);
  [[nodiscard]] std::chrono::nanoseconds lag(time now) const noexcept;

private:
  struct shared {
    std::atomic<std::int64_t> sent_ns{0}; ///< Zero: none under way.
    std::atomic<std::int64_t> lag_ns{0};
  };

  std::shared_ptr<shared> shared_ = std::make_shared<shared>();
  caf::actor actor_;
};

/// How long the journal's queue takes beyond the next commit, in which every
/// write has its place however long it takes: a slow disk is no overload until
/// more wait than one commit takes in. Null when the store is gone, which has
/// its own answers.
std::chrono::nanoseconds journal_lag(const journal_writer_stats& x,
                                     std::size_t batch_max) noexcept;

} // namespace hansom
