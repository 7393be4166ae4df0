#include "cluster/map/map_feed.hpp"

namespace hansom {

namespace {

using clock = std::chrono::steady_clock;

/// A picture that never comes must not blind everybody for ever.
constexpr milliseconds lost_after{3000};

} // namespace

map_feed::map_feed(source cells) : cells_{std::move(cells)} {
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
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
  answer_all();
}

bool map_feed::look(std::uint64_t after, viewer reply) {
  std::string known;
  {
    std::lock_guard guard{mutex_};
    auto now = clock::now();
    // The last picture is old news for whoever comes after a pause.
    auto is_fresh = now - taken_at_ < 2 * every && book_.frame() > 0;
    if (waiting_.size() >= viewers_max)
      return false;
    looked_at_ = now;
    if (stopped_ || (is_fresh && after != book_.frame())) {
      known = book_.since(after);
    } else {
      waiting_.push_back({after, std::move(reply)});
      changed_.notify_all();
      return true;
    }
  }
  reply(std::move(known));
  return true;
}

std::uint64_t map_feed::frames() const {
  std::lock_guard guard{mutex_};
  return book_.frame();
}

void map_feed::take(city_picture x) {
  {
    std::lock_guard guard{mutex_};
    book_.add(std::move(x));
    taken_at_ = clock::now();
    asked_ = false;
  }
  answer_all();
}

void map_feed::answer_all() {
  std::vector<std::pair<viewer, std::string>> out;
  {
    std::lock_guard guard{mutex_};
    for (auto& x : waiting_)
      out.emplace_back(std::move(x.reply), book_.since(x.after));
    waiting_.clear();
  }
  for (auto& [reply, text] : out)
    reply(std::move(text));
}

void map_feed::run() {
  std::unique_lock guard{mutex_};
  auto due = clock::now();
  while (!stopped_) {
    auto now = clock::now();
    if (waiting_.empty() && now - looked_at_ > looks_for) {
      changed_.wait(guard);
      due = clock::now();
      continue;
    }
    if (now < due) {
      changed_.wait_until(guard, due);
      continue;
    }
    if (asked_ && now - due < lost_after) {
      changed_.wait_until(guard, now + milliseconds{50});
      continue;
    }
    asked_ = true;
    due = now + every;
    guard.unlock();
    cells_([this](city_picture x) { take(std::move(x)); });
    guard.lock();
  }
}

} // namespace hansom
