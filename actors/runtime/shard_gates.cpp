#include "actors/runtime/shard_gates.hpp"

#include <utility>

namespace hansom {

std::string to_string(shard_phase x) {
  switch (x) {
  case shard_phase::closed:
    return "closed";
  case shard_phase::loading:
    return "loading";
  case shard_phase::receiving:
    return "receiving";
  case shard_phase::open:
    return "open";
  case shard_phase::sealed:
    return "sealed";
  }
  return "?";
}

void shard_gates::own(shard_id x, store::epoch epoch) noexcept {
  shards_[x].epoch.store(epoch, std::memory_order_release);
  shards_[x].phase.store(shard_phase::open, std::memory_order_release);
}

void shard_gates::suspend() {
  suspended_.store(true);
  for (auto& s : shards_) {
    std::lock_guard guard{s.mutex};
    if (s.phase.load(std::memory_order_relaxed) == shard_phase::open)
      s.phase.store(shard_phase::sealed);
  }
}

bool shard_gates::step(shard_id x, shard_phase from, shard_phase to) {
  auto& s = shards_[x];
  std::lock_guard guard{s.mutex};
  if (s.phase.load(std::memory_order_relaxed) != from)
    return false;
  s.phase.store(to);
  return true;
}

bool shard_gates::begin(shard_id x, store::epoch epoch) {
  auto& s = shards_[x];
  std::lock_guard guard{s.mutex};
  if (s.phase.load(std::memory_order_relaxed) != shard_phase::closed)
    return false;
  s.epoch.store(epoch, std::memory_order_release);
  s.phase.store(shard_phase::loading);
  return true;
}

bool shard_gates::end(shard_id x, store::epoch epoch) {
  auto& s = shards_[x];
  std::lock_guard guard{s.mutex};
  auto now = s.epoch.load(std::memory_order_relaxed);
  if (now == 0 || (epoch != 0 && now != epoch))
    return false;
  s.epoch.store(0, std::memory_order_release);
  s.phase.store(shard_phase::sealed);
  return true;
}

shard_gates::verdict shard_gates::admit(shard_id x, held_mail& what,
                                        bool forwarded) {
  auto& s = shards_[x];
  std::lock_guard guard{s.mutex};
  switch (s.phase.load(std::memory_order_relaxed)) {
  case shard_phase::open:
    return verdict::again;
  case shard_phase::closed:
    return verdict::elsewhere;
  case shard_phase::receiving:
    if (forwarded && s.ahead == 0 && !suspended_.load())
      return verdict::pass;
    break;
  default:
    break;
  }
  if (s.waiting.size() >= held_max)
    return verdict::full;
  if (forwarded)
    s.waiting.insert(s.waiting.begin() + s.ahead++, std::move(what));
  else
    s.waiting.push_back(std::move(what));
  held_.fetch_add(1, std::memory_order_relaxed);
  return verdict::held;
}

std::deque<held_mail> shard_gates::take_or_step(shard_id x, shard_phase from,
                                                shard_phase then) {
  auto& s = shards_[x];
  std::lock_guard guard{s.mutex};
  if (s.phase.load(std::memory_order_relaxed) != from)
    return {};
  if (then == shard_phase::open) {
    if (s.epoch.load(std::memory_order_relaxed) == 0)
      return {};
    if (suspended_.load()) {
      s.phase.store(shard_phase::sealed);
      return {};
    }
  }
  if (s.waiting.empty())
    s.phase.store(then);
  held_.fetch_sub(s.waiting.size(), std::memory_order_relaxed);
  s.ahead = 0;
  return std::exchange(s.waiting, {});
}

std::vector<held_mail> shard_gates::take_expired(timestamp now) {
  std::vector<held_mail> result;
  if (held() == 0)
    return result;
  for (auto& s : shards_) {
    std::lock_guard guard{s.mutex};
    while (!s.waiting.empty() && s.waiting.front().until <= now) {
      result.push_back(std::move(s.waiting.front()));
      s.waiting.pop_front();
      s.ahead -= s.ahead > 0 ? 1 : 0;
    }
  }
  held_.fetch_sub(result.size(), std::memory_order_relaxed);
  return result;
}

std::size_t shard_gates::held_of(shard_id x) const {
  std::lock_guard guard{shards_[x].mutex};
  return shards_[x].waiting.size();
}

std::optional<std::uint64_t> shard_gates::settled(shard_id x) const noexcept {
  auto answered = shards_[x].answered.load();
  auto asked = shards_[x].asked.load();
  if (asked != answered)
    return std::nullopt;
  return asked;
}

} // namespace hansom
