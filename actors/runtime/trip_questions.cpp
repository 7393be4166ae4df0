#include "actors/runtime/trip_questions.hpp"

#include <algorithm>

namespace hansom {

namespace {

constexpr milliseconds patience_first{1000};
constexpr int doublings_max = 4;

} // namespace

bool trip_questions::add(session_ref who, trip_id about) {
  auto known = std::any_of(waiting_.begin(), waiting_.end(), [&](auto& x) {
    return x.who == who && x.about == about;
  });
  if (!known && waiting_.size() == most)
    return false;
  if (!known)
    waiting_.push_back({who, about});
  tries_ = 1;
  return true;
}

void trip_questions::forget(session_ref who) {
  std::erase_if(waiting_, [&](auto& x) { return x.who == who; });
}

std::vector<session_ref> trip_questions::take(trip_id about) {
  std::vector<session_ref> result;
  std::erase_if(waiting_, [&](auto& x) {
    if (x.about != about)
      return false;
    result.push_back(x.who);
    return true;
  });
  return result;
}

std::vector<trip_id> trip_questions::again() {
  std::vector<trip_id> result;
  if (++tries_ > tries_max) {
    waiting_.clear();
    return result;
  }
  for (auto& x : waiting_)
    if (std::find(result.begin(), result.end(), x.about) == result.end())
      result.push_back(x.about);
  return result;
}

milliseconds trip_questions::patience() const noexcept {
  return patience_first * (1 << std::clamp(tries_ - 1, 0, doublings_max));
}

} // namespace hansom
