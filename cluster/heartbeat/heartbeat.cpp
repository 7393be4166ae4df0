#include "cluster/heartbeat/heartbeat.hpp"

#include "cluster/heartbeat/boot_clock.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <spdlog/spdlog.h>

namespace hansom {

scheduler_door door_of(caf::actor_system& system) {
  // An actor that has begun has had its turn. Hidden: nobody waits for it.
  return [&system](std::function<void()> task) {
    system.spawn<caf::hidden>(
      [task = std::move(task)](caf::event_based_actor*) { task(); });
  };
}

heart::heart(parts with) : with_{std::move(with)} {
  if (!with_.clock)
    with_.clock = boot_now;
}

heart::~heart() {
  stop();
}

void heart::start() {
  {
    std::lock_guard guard{shared_->mutex};
    shared_->emit = with_.emit;
  }
  std::lock_guard guard{mutex_};
  running_ = true;
  ticker_ = std::thread{[this] { tick_until_stopped(); }};
  beater_ = std::thread{[this] { beat_until_stopped(); }};
}

void heart::stop() {
  {
    std::lock_guard guard{mutex_};
    if (!running_)
      return;
    running_ = false;
  }
  changed_.notify_all();
  ticker_.join();
  beater_.join();
  std::lock_guard guard{shared_->mutex};
  shared_->emit = nullptr; // A ping that comes back now is told to nobody.
}

void heart::beat(store::incarnation self) {
  {
    std::lock_guard guard{mutex_};
    wanted_ = self;
  }
  changed_.notify_all();
}

void heart::ping() {
  {
    std::lock_guard guard{shared_->mutex};
    if (shared_->ping_out)
      return;
    shared_->ping_out = true;
  }
  auto sent = with_.clock();
  with_.scheduler([to = shared_, clock = with_.clock, sent] {
    std::function<void(core::moment, core::input)> emit;
    {
      std::lock_guard guard{to->mutex};
      to->ping_out = false;
      emit = to->emit;
    }
    if (emit)
      emit(clock(), core::scheduler_ran{sent});
  });
}

heart::counts heart::counted() const {
  return {beats_.load(), missed_.load(), reconnects_.load()};
}

void heart::tick_until_stopped() {
  std::unique_lock lock{mutex_};
  while (running_) {
    lock.unlock();
    with_.emit(with_.clock(), core::tick{});
    lock.lock();
    changed_.wait_for(lock, with_.tick_every, [this] { return !running_; });
  }
}

void heart::beat_until_stopped() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return wanted_ != 0 || !running_; });
    if (!running_)
      return;
    auto self = std::exchange(wanted_, 0);
    lock.unlock();
    auto done = beat_once(self);
    with_.emit(with_.clock(), std::move(done));
    lock.lock();
  }
}

core::beat_done heart::beat_once(store::incarnation self) {
  core::beat_done out;
  try {
    if (!rows_) {
      rows_ = with_.open();
      reconnects_ += opened_before_ ? 1 : 0;
      opened_before_ = true;
    }
    // A slow connect must not make the heartbeat look fresher, or older, than
    // the statement was.
    out.sent = with_.clock();
    out.what = rows_->heartbeat(self);
    out.answered = true;
    ++beats_;
    silent_ = false;
  } catch (const std::exception& e) {
    rows_.reset(); // What it may still do it does without an answer.
    ++missed_;
    if (!std::exchange(silent_, true)) // Once for each time of silence.
      spdlog::warn("heartbeat: {}", e.what());
    if (out.sent == core::moment{0})
      out.sent = with_.clock();
  }
  return out;
}

} // namespace hansom
