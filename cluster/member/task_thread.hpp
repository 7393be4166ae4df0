#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace hansom {

/// One thread that does what it is given, in order. For what waits: the store,
/// shards that become quiet. Thread-safe.
class task_thread {
public:
  task_thread() = default;
  ~task_thread() {
    stop();
  }
  task_thread(const task_thread&) = delete;
  task_thread& operator=(const task_thread&) = delete;

  void start();
  /// What has not begun is dropped. Idempotent.
  void stop();
  void post(std::function<void()> task);
  [[nodiscard]] std::size_t waiting() const;

private:
  void run();

  mutable std::mutex mutex_; ///< Guards what follows.
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool running_ = false;
  std::thread thread_;
};

} // namespace hansom
