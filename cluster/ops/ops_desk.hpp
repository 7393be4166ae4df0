#pragma once

#include "gateway/http_routes.hpp"
#include "persistence/membership.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace hansom {

/// What was ordered is durable in part: the rest has to be ordered again.
class partly_done : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Where operators' questions and orders meet the membership rows: one thread
/// with one connection, so that no gateway thread waits for the store.
class ops_desk {
public:
  using task = std::function<http_response(store::membership&)>;

  static constexpr std::size_t tasks_max = 64; ///< That wait at a time.

  /// @param open empty: the store has no such rows; then nothing is asked.
  explicit ops_desk(store::membership_source open);
  ~ops_desk();
  ops_desk(const ops_desk&) = delete;
  ops_desk& operator=(const ops_desk&) = delete;

  /// @param look called by the desk's thread every `look_every`.
  void start(std::function<void()> look, milliseconds look_every);
  /// Questions and orders that wait are answered 503; events that wait are
  /// written down, while the store takes them. Idempotent.
  void stop();

  [[nodiscard]] bool has_rows() const noexcept {
    return static_cast<bool>(open_);
  }

  /// Does it on the desk's thread and answers: with what it returns, or with
  /// 503 when the store does not answer, too many wait or the desk is not
  /// running. A task that throws `partly_done` is answered with its words.
  /// Any thread.
  void ask(task what, http_reply reply);

  /// Writes an event down as soon as possible; into the log when too many wait
  /// or the store is gone. Any thread.
  void record(store::cluster_event x);

private:
  struct waiting {
    task what;
    http_reply reply;
    bool at_the_end = false; ///< Is done though the desk stops.
  };

  void put(waiting x);
  void run();
  void finish();
  http_response perform(const task& what);

  store::membership_source open_;
  std::unique_ptr<store::membership> rows_; ///< Of the desk's thread alone.
  std::function<void()> look_;
  milliseconds look_every_{2000};

  std::mutex mutex_; ///< Guards what follows.
  std::condition_variable changed_;
  std::deque<waiting> tasks_;
  bool running_ = false;
  std::thread thread_;
};

} // namespace hansom
