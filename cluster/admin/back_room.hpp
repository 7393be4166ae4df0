#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace hansom {

/// One thread for what the console asks and what takes a while: walking over
/// all actors, reading the store. Gateway threads, which have rides to carry,
/// only hand it over. While nobody asks, it sleeps.
class back_room {
public:
  static constexpr std::size_t jobs_max = 64;
  /// After so long without a job, `idle` is called, once.
  static constexpr std::chrono::seconds idle_after{10};

  back_room();
  ~back_room();
  back_room(const back_room&) = delete;
  back_room& operator=(const back_room&) = delete;

  /// Any thread.
  /// @returns `false` when too much waits, or it has stopped.
  bool run(std::function<void()> job);

  /// What to tidy up when nobody asks any more; runs on the thread. Before the
  /// first job.
  void when_idle(std::function<void()> idle);

  /// Ends the job that runs, drops those that wait. Idempotent.
  void stop();

private:
  void work();

  std::mutex mutex_; ///< Guards what follows.
  std::condition_variable news_;
  std::deque<std::function<void()>> jobs_;
  std::function<void()> idle_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace hansom
