#include "persistence/redis/link.hpp"

#include "persistence/redis/link_loop.hpp"

#include <array>
#include <condition_variable>
#include <thread>

namespace hansom::redis {

std::string to_string(link_drop x) {
  constexpr std::array names = {"queue_full", "disconnected", "connection_lost",
                                "timed_out", "refused"};
  return names.at(static_cast<std::size_t>(x));
}

struct link::inside {
  explicit inside(link_config with) : loop{std::move(with)} {
  }

  link_loop loop;
  std::thread thread;
};

link::link(link_config with)
  : inside_{std::make_unique<inside>(std::move(with))} {
}

link::~link() {
  stop();
}

void link::every(milliseconds period, std::function<void()> run) {
  inside_->loop.every(period, std::move(run));
}

void link::start() {
  if (!inside_->thread.joinable())
    inside_->thread = std::thread{[this] { inside_->loop.run(); }};
}

void link::stop() {
  inside_->loop.ask_to_stop();
  if (inside_->thread.joinable())
    inside_->thread.join();
}

bool link::post(const command& x) {
  return inside_->loop.push(x, inside_->loop.config().answer_timeout, {});
}

void link::ask(const command& x, milliseconds within, callback done) {
  inside_->loop.push(x, within, std::move(done));
}

reply link::call(const command& x, milliseconds within) {
  return std::move(call(std::vector{x}, within).front());
}

std::vector<reply> link::call(const std::vector<command>& xs,
                              milliseconds within) {
  struct state {
    std::mutex mutex;
    std::condition_variable done;
    std::vector<reply> replies;
    std::size_t missing = 0;
  };
  // Every callback is called once, so waiting without a limit of our own ends.
  auto shared = std::make_shared<state>();
  shared->replies.resize(xs.size());
  shared->missing = xs.size();
  for (std::size_t i = 0; i < xs.size(); ++i)
    ask(xs[i], within, [shared, i](const reply& x) {
      std::lock_guard guard{shared->mutex};
      shared->replies[i] = x;
      if (--shared->missing == 0)
        shared->done.notify_one();
    });
  std::unique_lock guard{shared->mutex};
  shared->done.wait(guard, [&] { return shared->missing == 0; });
  return std::move(shared->replies);
}

bool link::connected() const noexcept {
  return inside_->loop.connected();
}

std::uint64_t link::generation() const noexcept {
  return inside_->loop.stats().connects;
}

bool link::wait_connected(milliseconds within) const {
  auto until = std::chrono::steady_clock::now() + within;
  while (!connected()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  return true;
}

link_health link::health() const {
  return inside_->loop.health();
}

const link_stats& link::stats() const noexcept {
  return inside_->loop.stats();
}

std::string link::describe() const {
  return to_string(inside_->loop.config().to);
}

} // namespace hansom::redis
