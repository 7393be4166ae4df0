#include "actors/runtime/session_set.hpp"

#include <algorithm>

namespace hansom {

void session_set::attach(runtime& rt, const hansom::attach& x) {
  entry fresh{x.session, x.device};
  auto same = std::find_if(entries_.begin(), entries_.end(),
                           [&](auto& e) { return e.session == x.session; });
  if (same != entries_.end()) {
    fresh.welcomed = same->welcomed; // It misses no event meanwhile.
    entries_.erase(same);
  } else if (auto surplus = find_surplus(x); surplus != entries_.end()) {
    rt.clients().close(surplus->session, close_code::replaced);
    entries_.erase(surplus);
  }
  entries_.push_back(std::move(fresh));
}

/// @returns who has to make way for a new session, if anybody.
std::vector<session_set::entry>::iterator
session_set::find_surplus(const hansom::attach& x) {
  auto same = std::find_if(entries_.begin(), entries_.end(), [&](auto& e) {
    return !x.device.empty() && e.device == x.device;
  });
  if (same != entries_.end() || entries_.size() < devices_max)
    return same;
  auto away = std::find_if(entries_.begin(), entries_.end(),
                           [](auto& e) { return e.away; });
  return away != entries_.end() ? away : entries_.begin();
}

bool session_set::detach(session_ref x) {
  auto found = std::find_if(entries_.begin(), entries_.end(),
                            [&](auto& e) { return e.session == x; });
  if (found == entries_.end())
    return false;
  auto was_present = !found->away;
  if (was_present && found->welcomed)
    found->away = true;
  else
    entries_.erase(found);
  return was_present;
}

void session_set::push(runtime& rt, delivery how,
                       const std::string& body) const {
  for (auto& x : entries_)
    if (x.welcomed && (!x.away || how == delivery::event))
      rt.clients().deliver({x.session, how, {}, body});
}

void session_set::push_to(runtime& rt, session_ref to,
                          const std::string& body) const {
  for (auto& x : entries_)
    if (x.welcomed && x.session == to)
      rt.clients().deliver({to, delivery::event, {}, body});
}

void session_set::follow(runtime& rt, trip_id trip) const {
  for (auto& x : entries_)
    rt.clients().follow(x.session, trip);
}

void session_set::welcome(runtime& rt, const std::string& state) {
  for (auto& x : entries_) {
    if (!x.waits || x.away)
      continue;
    x.waits = false;
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
                     [](auto& x) { return x.waits && !x.away; });
}

std::size_t session_set::size() const noexcept {
  return static_cast<std::size_t>(std::count_if(
    entries_.begin(), entries_.end(), [](auto& x) { return !x.away; }));
}

} // namespace hansom
