#include "cluster/ops/ops_desk.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

ops_desk::ops_desk(store::membership_source open) : open_{std::move(open)} {
}

ops_desk::~ops_desk() {
  stop();
}

void ops_desk::start(std::function<void()> look, milliseconds look_every) {
  look_ = std::move(look);
  look_every_ = look_every;
  std::lock_guard guard{mutex_};
  running_ = true;
  thread_ = std::thread{[this] { run(); }};
}

void ops_desk::stop() {
  {
    std::lock_guard guard{mutex_};
    if (!running_)
      return;
    running_ = false;
  }
  changed_.notify_all();
  thread_.join();
}

void ops_desk::ask(task what, http_reply reply) {
  {
    std::lock_guard guard{mutex_};
    if (running_ && tasks_.size() < tasks_max) {
      tasks_.push_back({std::move(what), std::move(reply)});
      changed_.notify_all();
      return;
    }
  }
  reply(problem(error_code::overloaded, "too many operators' questions wait"));
}

void ops_desk::record(store::cluster_event x) {
  ask(
    [x = std::move(x)](store::membership& rows) {
      rows.record(x);
      return http_response{};
    },
    [](auto&&) {});
}

void ops_desk::run() {
  std::unique_lock lock{mutex_};
  auto next_look = std::chrono::steady_clock::now() + look_every_;
  for (;;) {
    changed_.wait_until(lock, next_look,
                        [this] { return !tasks_.empty() || !running_; });
    if (!tasks_.empty()) {
      auto now = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      now.reply(perform(now.what)); // Also at the end: a last event is kept.
      lock.lock();
      continue;
    }
    if (!running_)
      return;
    lock.unlock();
    try {
      look_();
    } catch (const std::exception& e) {
      spdlog::error("operations: a look at the node's health: {}", e.what());
    }
    next_look = std::chrono::steady_clock::now() + look_every_;
    lock.lock();
  }
}

http_response ops_desk::perform(const task& what) {
  try {
    if (!rows_)
      rows_ = open_();
    return what(*rows_);
  } catch (const store::unknown_outcome_error& e) {
    rows_.reset();
    return problem(error_code::unknown_outcome,
                   std::string{"the store's answer was lost, so it may have "
                               "happened: look before saying it again ("}
                     + e.what() + ')');
  } catch (const std::exception& e) {
    rows_.reset();
    spdlog::warn("operations: {}", e.what());
    return problem(error_code::store_unavailable,
                   std::string{"nothing was changed: "} + e.what());
  }
}

} // namespace hansom
