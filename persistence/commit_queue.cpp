#include "persistence/commit_queue.hpp"

#include <algorithm>

namespace hansom {

bool commit_queue::push(waiting_commit&& x) {
  if (is_full())
    return false;
  auto entity = x.request.what.entity;
  // An urgent write must not overtake an earlier one of the same entity.
  if (x.request.urgent && in_other_.find(entity) == in_other_.end()) {
    urgent_.push_back(std::move(x));
  } else {
    ++in_other_[entity];
    other_.push_back(std::move(x));
  }
  return true;
}

std::vector<waiting_commit> commit_queue::next_batch() {
  auto total = std::min(size(), std::max<std::size_t>(config_.batch_max, 1));
  auto reserved = std::min(other_.size(), total / 8);
  auto urgent = std::min(urgent_.size(), total - reserved);
  std::vector<waiting_commit> out;
  out.reserve(total);
  while (out.size() < urgent)
    out.push_back(pop(urgent_));
  while (out.size() < total && !other_.empty())
    out.push_back(pop_other());
  return out;
}

std::vector<waiting_commit>
commit_queue::take_older_than(caf::actor_clock::time_point limit) {
  std::vector<waiting_commit> out;
  while (!urgent_.empty() && urgent_.front().since < limit)
    out.push_back(pop(urgent_));
  while (!other_.empty() && other_.front().since < limit)
    out.push_back(pop_other());
  return out;
}

waiting_commit commit_queue::pop_other() {
  auto out = pop(other_);
  auto i = in_other_.find(out.request.what.entity);
  if (--i->second == 0)
    in_other_.erase(i);
  return out;
}

waiting_commit commit_queue::pop(std::deque<waiting_commit>& lane) {
  auto out = std::move(lane.front());
  lane.pop_front();
  return out;
}

} // namespace hansom
