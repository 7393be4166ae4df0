#include "cluster/ops/ops_desk.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

namespace {

constexpr const char* not_running =
  "this node is starting or stopping: ask another one, or again";

} // namespace

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

void ops_desk::put(waiting x) {
  auto running = false;
  {
    std::lock_guard guard{mutex_};
    running = running_;
    if (running && tasks_.size() < tasks_max) {
      tasks_.push_back(std::move(x));
      changed_.notify_all();
      return;
    }
  }
  x.reply(problem(error_code::overloaded,
                  running ? "too many operators' questions wait: ask again"
                          : not_running));
}

void ops_desk::ask(task what, http_reply reply) {
  put({std::move(what), std::move(reply)});
}

void ops_desk::record(store::cluster_event x) {
  waiting event;
  event.what = [x](store::membership& rows) {
    rows.record(x);
    return http_response{};
  };
  event.reply = [x](const http_response& answer) {
    if (answer.status != 200)
      spdlog::warn("operations: an event is in the log alone: {} {} by {} {}",
                   x.kind, x.subject, x.by, x.reason);
  };
  event.at_the_end = true;
  put(std::move(event));
}

void ops_desk::run() {
  std::unique_lock lock{mutex_};
  auto next_look = std::chrono::steady_clock::now() + look_every_;
  for (;;) {
    changed_.wait_until(lock, next_look,
                        [this] { return !tasks_.empty() || !running_; });
    if (!running_) {
      lock.unlock();
      return finish();
    }
    if (!tasks_.empty()) {
      auto now = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      now.reply(perform(now.what));
      lock.lock();
      continue;
    }
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

/// Nothing is added any more. A store that is gone is waited for once.
void ops_desk::finish() {
  auto gone = false;
  for (auto& x : tasks_) {
    auto answer = problem(error_code::overloaded, not_running);
    if (x.at_the_end && !gone) {
      answer = perform(x.what);
      gone = answer.status != 200;
    }
    x.reply(std::move(answer));
  }
  tasks_.clear();
}

http_response ops_desk::perform(const task& what) {
  try {
    if (!rows_)
      rows_ = open_();
    return what(*rows_);
  } catch (const partly_done& e) {
    rows_.reset();
    spdlog::error("operations: {}", e.what());
    return problem(504, "cluster.partly_done", e.what());
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
