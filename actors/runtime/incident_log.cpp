#include "actors/runtime/incident_log.hpp"

#include <algorithm>

namespace hansom {

void incident_log::note(incident x, std::string_view reason) {
  std::lock_guard guard{mutex_};
  ++total_;
  ++counts_[{x.who.kind, x.message, std::string{reason}}];
  last_.push_front(std::move(x));
  if (last_.size() > remembered_max)
    last_.pop_back();
}

incident_log::summary incident_log::summarize() const {
  summary result;
  {
    std::lock_guard guard{mutex_};
    result.total = total_;
    for (auto& [key, n] : counts_)
      result.by.push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), n});
    result.last.assign(last_.begin(), last_.end());
  }
  std::stable_sort(result.by.begin(), result.by.end(),
                   [](auto& a, auto& b) { return a.count > b.count; });
  return result;
}

std::uint64_t incident_log::total() const {
  std::lock_guard guard{mutex_};
  return total_;
}

} // namespace hansom
