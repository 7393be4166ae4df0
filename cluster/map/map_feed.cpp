#include "cluster/map/map_feed.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hansom {

namespace {

using clock = std::chrono::steady_clock;

/// A picture that never comes must not blind everybody for ever.
constexpr milliseconds lost_after{3000};

} // namespace

map_feed::map_feed(source cells, std::uint64_t before)
  : cells_{std::move(cells)}, frame_{before}, book_{before} {
}

map_feed::~map_feed() {
  stop();
}

void map_feed::start() {
  thread_ = std::thread{[this] { run(); }};
}

void map_feed::stop() {
  {
    std::lock_guard guard{mutex_};
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
  for (auto& x : std::exchange(waiting_, {})) // Nobody else is here any more.
    x.reply(book_.since(x.after));
}

bool map_feed::look(std::uint64_t after, viewer reply) {
  {
    std::lock_guard guard{mutex_};
    if (waiting_.size() >= viewers_max)
      return false;
    looked_at_ = clock::now();
    if (!stopped_) {
      waiting_.push_back({after, std::move(reply)});
      changed_.notify_all();
      return true;
    }
  }
  reply(R"({"frames":[]})");
  return true;
}

void map_feed::take(city_picture x) {
  {
    std::lock_guard guard{mutex_};
    picture_ = std::move(x);
    asked_ = false;
  }
  changed_.notify_all();
}

// -- the feed's own thread ----------------------------------------------------

void map_feed::run() {
  lock held{mutex_};
  while (!stopped_) {
    if (picture_) {
      take_in(held);
      continue;
    }
    if (answer(held))
      continue;
    auto now = clock::now();
    if (waiting_.empty() && now - looked_at_ > looks_for) {
      changed_.wait(held);
      continue;
    }
    auto due = asked_at_ + (asked_ ? lost_after : every);
    if (now < due)
      changed_.wait_until(held, due);
    else
      ask(held, now);
  }
}

void map_feed::take_in(lock& held) {
  auto x = *std::exchange(picture_, std::nullopt);
  held.unlock();
  book_.add(std::move(x));
  taken_at_ = clock::now();
  frame_ = book_.frame();
  held.lock();
}

/// @returns whether somebody was answered.
bool map_feed::answer(lock& held) {
  // The last picture is old news for whoever comes after a pause.
  if (!taken_at_ || clock::now() - *taken_at_ >= 2 * every)
    return false;
  auto ready =
    std::partition(waiting_.begin(), waiting_.end(),
                   [&](const waiting& x) { return x.after == book_.frame(); });
  if (ready == waiting_.end())
    return false;
  std::vector<waiting> out{std::make_move_iterator(ready),
                           std::make_move_iterator(waiting_.end())};
  waiting_.erase(ready, waiting_.end());
  held.unlock();
  for (auto& x : out)
    x.reply(book_.since(x.after));
  held.lock();
  return true;
}

void map_feed::ask(lock& held, time now) {
  asked_ = true;
  asked_at_ = now;
  held.unlock();
  try {
    cells_([this](city_picture x) { take(std::move(x)); });
    held.lock();
  } catch (const std::exception& e) {
    spdlog::warn("the map has no picture: {}", e.what());
    held.lock();
    asked_ = false;
  }
}

} // namespace hansom
