#include "actors/cell/explanation.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hansom {

namespace {

constexpr std::array<std::string_view, match_verdict_count> verdict_names = {
  "chosen", "gated", "costlier", "elsewhere", "refused"};

} // namespace

std::string to_string(match_verdict x) {
  auto i = static_cast<std::size_t>(x);
  return i < verdict_names.size() ? std::string{verdict_names[i]}
                                  : "?" + std::to_string(i);
}

bool parse(std::string_view text, match_verdict& out) noexcept {
  auto i = std::find(verdict_names.begin(), verdict_names.end(), text);
  if (i == verdict_names.end())
    return false;
  out = static_cast<match_verdict>(i - verdict_names.begin());
  return true;
}

void note(match_explanation& x, const considered_driver& driver,
          std::size_t max) {
  if (x.drivers.size() < max) {
    x.drivers.push_back(driver);
    return;
  }
  ++x.omitted;
  if (driver.verdict == match_verdict::chosen && max > 0)
    x.drivers.back() = driver;
}

void explanation_log::put(match_explanation x) {
  if (trips_max_ == 0)
    return;
  auto& slot = known_[x.trip];
  x.rounds = slot.what.rounds + 1;
  slot.stamp = ++stamp_;
  order_.emplace_back(x.trip, slot.stamp);
  slot.what = std::move(x);
  const auto is_current = [this](const std::pair<trip_id, std::uint64_t>& o) {
    auto i = known_.find(o.first);
    return i != known_.end() && i->second.stamp == o.second;
  };
  while (known_.size() > trips_max_) {
    if (is_current(order_.front()))
      known_.erase(order_.front().first);
    order_.pop_front();
  }
  // A trip explained in every round leaves outdated items behind; sweeping
  // them when they are the majority keeps the queue in proportion.
  if (order_.size() > 2 * trips_max_ + 16)
    std::erase_if(order_, [&](const auto& o) { return !is_current(o); });
}

void explanation_log::refused(trip_id trip, driver_id driver) {
  auto i = known_.find(trip);
  if (i == known_.end())
    return;
  for (auto& x : i->second.what.drivers)
    if (x.driver == driver && x.verdict == match_verdict::chosen) {
      x.verdict = match_verdict::refused;
      x.why = gate::taken;
    }
}

const match_explanation* explanation_log::find(trip_id trip) const {
  auto i = known_.find(trip);
  return i != known_.end() ? &i->second.what : nullptr;
}

} // namespace hansom
