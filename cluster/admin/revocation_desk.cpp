#include "cluster/admin/revocation_desk.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

namespace {

constexpr std::string_view token_prefix = "jti/";
constexpr std::size_t page = 1000;

} // namespace

std::string name_of(const revocation& x) {
  if (!x.token_id.empty())
    return std::string{token_prefix} + x.token_id;
  return std::string{to_text(x.role)} + '/' + x.subject;
}

std::optional<revocation> to_revocation(const store::revocation_row& row) {
  revocation out;
  out.issued_before = row.issued_before;
  out.until = row.until;
  std::string_view name{row.name};
  if (name.starts_with(token_prefix)) {
    out.token_id = name.substr(token_prefix.size());
    return out.token_id.empty() ? std::nullopt : std::optional{out};
  }
  auto slash = name.find('/');
  if (slash == name.npos || slash + 1 == name.size()
      || !parse_role(name.substr(0, slash), out.role))
    return std::nullopt;
  out.subject = name.substr(slash + 1);
  return out;
}

revocation_desk::revocation_desk(parts p) : with_{std::move(p)} {
}

revocation_desk::~revocation_desk() {
  stop();
}

std::size_t revocation_desk::load() {
  forgotten_at_ = with_.now();
  count_ = 0;
  last_pos_ = 0;
  return read_new();
}

void revocation_desk::start() {
  std::lock_guard guard{mutex_};
  running_ = true;
  thread_ = std::thread{[this] { run(); }};
}

void revocation_desk::stop() {
  {
    std::lock_guard guard{mutex_};
    running_ = false;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void revocation_desk::put(store::revocation_row what, answer done) {
  if (!post([this, what = std::move(what), done] { perform(what, done); }))
    done(verdict::full, "too many orders wait");
}

void revocation_desk::list(std::uint64_t after, std::size_t limit,
                           list_answer done) {
  auto look = [this, after, limit, done] {
    rows found;
    try {
      found = with_.table->revocations_after(after, limit);
    } catch (const store::unavailable_error& e) {
      return done(verdict::unavailable, e.what(), {});
    }
    done(verdict::done, {}, found);
  };
  if (!post(std::move(look)))
    done(verdict::full, "too many orders wait", {});
}

bool revocation_desk::post(task x) {
  {
    std::lock_guard guard{mutex_};
    if (!running_ || waiting_.size() >= orders_max)
      return false;
    waiting_.push_back(std::move(x));
  }
  changed_.notify_one();
  return true;
}

void revocation_desk::run() {
  auto next = std::chrono::steady_clock::now() + with_.poll;
  std::unique_lock guard{mutex_};
  while (running_ || !waiting_.empty()) {
    changed_.wait_until(guard, next,
                        [&] { return !running_ || !waiting_.empty(); });
    if (!waiting_.empty()) {
      auto order = std::move(waiting_.front());
      waiting_.pop_front();
      guard.unlock();
      order();
      guard.lock();
    }
    if (running_ && std::chrono::steady_clock::now() >= next) {
      guard.unlock();
      hear();
      forget();
      next = std::chrono::steady_clock::now() + with_.poll;
      guard.lock();
    }
  }
}

void revocation_desk::perform(const store::revocation_row& what,
                              const answer& done) {
  auto x = to_revocation(what);
  if (!x)
    return done(verdict::unavailable, "no such name: " + what.name);
  if (count_ >= with_.rows_max)
    return done(verdict::full, std::to_string(count_)
                                 + " revocations are remembered, no more are "
                                   "taken until some expire");
  try {
    with_.table->put_revocation(what);
  } catch (const store::unavailable_error& e) {
    return done(verdict::unavailable, e.what());
  }
  if (!with_.apply(*x))
    return done(verdict::full, "durable, but this node has no room for it");
  // Our own is counted, and others are heard of, before the next is taken.
  hear();
  done(verdict::done, {});
}

void revocation_desk::hear() {
  try {
    read_new();
    if (deaf_)
      spdlog::info("revocations: the store answers again");
    deaf_ = false;
  } catch (const store::unavailable_error& e) {
    if (!deaf_)
      spdlog::warn("revocations of other nodes are not heard of: {}", e.what());
    deaf_ = true;
  }
}

void revocation_desk::forget() {
  auto now = with_.now();
  if (now - forgotten_at_ < with_.forget_every)
    return;
  forgotten_at_ = now;
  with_.forget(now);
  try {
    count_ = with_.table->forget_revocations(now);
  } catch (const store::unavailable_error&) {
    // The next time; meanwhile they only take room.
  }
}

std::size_t revocation_desk::read_new() {
  for (;;) {
    auto found = with_.table->revocations_after(last_pos_, page);
    for (auto& row : found) {
      ++count_;
      last_pos_ = row.pos;
      auto x = to_revocation(row);
      if (!x)
        spdlog::error("revocation {} of \"{}\" is not understood and has no "
                      "effect",
                      row.pos, row.name);
      else if (!with_.apply(*x))
        spdlog::error("revocation {} of {} has no effect: no room", row.pos,
                      row.name);
    }
    if (found.size() < page)
      return count_;
  }
}

} // namespace hansom
