#include "cluster/admin/back_room.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace hansom {

back_room::back_room() : thread_{[this] { work(); }} {
}

back_room::~back_room() {
  stop();
}

bool back_room::run(std::function<void()> job) {
  {
    std::lock_guard guard{mutex_};
    if (stopping_ || jobs_.size() >= jobs_max)
      return false;
    jobs_.push_back(std::move(job));
  }
  news_.notify_one();
  return true;
}

void back_room::when_idle(std::function<void()> idle) {
  std::lock_guard guard{mutex_};
  idle_ = std::move(idle);
}

void back_room::stop() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    jobs_.clear();
  }
  news_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void back_room::work() {
  auto tidy = true; // Nothing was done since the last time.
  std::unique_lock guard{mutex_};
  auto called = [this] { return stopping_ || !jobs_.empty(); };
  while (!stopping_) {
    if (tidy)
      news_.wait(guard, called);
    else if (!news_.wait_for(guard, idle_after, called)) {
      tidy = true;
      if (idle_)
        idle_();
      continue;
    }
    if (stopping_)
      return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    tidy = false;
    guard.unlock();
    try {
      job();
    } catch (const std::exception& e) {
      spdlog::error("the console's job failed: {}", e.what());
    }
    guard.lock();
  }
}

} // namespace hansom
