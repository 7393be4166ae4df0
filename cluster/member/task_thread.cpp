#include "cluster/member/task_thread.hpp"

#include <utility>

namespace hansom {

void task_thread::start() {
  std::lock_guard guard{mutex_};
  running_ = true;
  thread_ = std::thread{[this] { run(); }};
}

void task_thread::stop() {
  {
    std::lock_guard guard{mutex_};
    if (!running_)
      return;
    running_ = false;
    tasks_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void task_thread::post(std::function<void()> task) {
  {
    std::lock_guard guard{mutex_};
    if (!running_)
      return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

std::size_t task_thread::waiting() const {
  std::lock_guard guard{mutex_};
  return tasks_.size();
}

void task_thread::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return !tasks_.empty() || !running_; });
    if (!running_)
      return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

} // namespace hansom
