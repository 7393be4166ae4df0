#include "actors/runtime/session_set.hpp"

#include <algorithm>

namespace hansom {

void session_set::attach(runtime& rt, const hansom::attach& x) {
  auto same = std::find_if(entries_.begin(), entries_.end(), [&](auto& e) {
    return e.session == x.session
           || (!x.device.empty() && e.device == x.device);
  });
  if (same == entries_.end() && entries_.size() == devices_max)
    same = entries_.begin();
  if (same != entries_.end()) {
    if (same->session != x.session)
      rt.clients().close(same->session, close_code::replaced);
    entries_.erase(same);
  }
  entries_.push_back({x.session, x.device});
}

bool session_set::detach(session_ref x) {
  return std::erase_if(entries_, [&](auto& e) { return e.session == x; }) > 0;
}

void session_set::push(runtime& rt, delivery how,
                       const std::string& body) const {
  for (auto& x : entries_)
    if (x.welcomed)
      rt.clients().deliver({x.session, how, {}, body});
}

void session_set::follow(runtime& rt, trip_id trip) const {
  for (auto& x : entries_)
    rt.clients().follow(x.session, trip);
}

void session_set::welcome(runtime& rt, const std::string& state) {
  for (auto& x : entries_) {
    if (x.welcomed)
      continue;
    x.welcomed = true;
    rt.clients().attached(x.session, state);
  }
}

void session_set::close(runtime& rt, close_code why) {
  for (auto& x : entries_)
    rt.clients().close(x.session, why);
  entries_.clear();
}

bool session_set::has_unwelcomed() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](auto& x) { return !x.welcomed; });
}

} // namespace hansom
