#include "cluster/ops/event_ring.hpp"

#include <algorithm>

namespace hansom {

void event_ring::record(store::cluster_event x) {
  std::lock_guard guard{mutex_};
  x.pos = ++last_;
  events_.push_back(std::move(x));
  if (events_.size() > events_max)
    events_.pop_front();
}

std::vector<store::cluster_event> event_ring::after(std::uint64_t pos,
                                                    std::size_t limit) const {
  std::lock_guard guard{mutex_};
  std::vector<store::cluster_event> out;
  for (auto& x : events_)
    if (x.pos > pos && out.size() < limit)
      out.push_back(x);
  return out;
}

std::vector<store::cluster_event> event_ring::last(std::size_t n) const {
  std::lock_guard guard{mutex_};
  auto from = events_.size() - std::min(n, events_.size());
  return {events_.begin() + static_cast<std::ptrdiff_t>(from), events_.end()};
}

} // namespace hansom
