#include "actors/runtime/alarms.hpp"

#include <algorithm>

namespace hansom {

namespace {

/// The first tick that is not before `t`.
std::int64_t tick_at_or_after(timestamp t) {
  auto ms = alarms::tick.count();
  return (t.ms + ms - 1) / ms;
}

} // namespace

alarms::alarms(timestamp start)
  : wheel_(slots), done_tick_{start.ms / tick.count()} {
}

void alarms::set(entity_ref to, std::uint64_t token, timestamp due) {
  std::lock_guard guard{mutex_};
  auto at = std::max(tick_at_or_after(due), done_tick_ + 1);
  wheel_[static_cast<std::size_t>(at) % slots].push_back({to, token, due});
  ++size_;
}

std::vector<alarms::entry> alarms::take_due(timestamp now) {
  std::vector<entry> result;
  std::lock_guard guard{mutex_};
  auto last = now.ms / tick.count();
  // After a long jump of a virtual clock one turn of the wheel sees all slots.
  auto first =
    std::max(done_tick_ + 1, last - static_cast<std::int64_t>(slots) + 1);
  for (auto t = first; t <= last; ++t) {
    auto& slot = wheel_[static_cast<std::size_t>(t) % slots];
    auto later = std::stable_partition(
      slot.begin(), slot.end(), [&](const entry& x) { return x.due > now; });
    result.insert(result.end(), later, slot.end());
    slot.erase(later, slot.end());
    if (slot.empty() && slot.capacity() > 64)
      slot.shrink_to_fit();
  }
  done_tick_ = std::max(done_tick_, last);
  size_ -= result.size();
  std::stable_sort(
    result.begin(), result.end(),
    [](const entry& a, const entry& b) { return a.due < b.due; });
  return result;
}

std::size_t alarms::size() const {
  std::lock_guard guard{mutex_};
  return size_;
}

} // namespace hansom
