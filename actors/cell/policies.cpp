#include "actors/cell/policies.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

namespace hansom {

namespace {

constexpr std::array<std::string_view, match_policy_count> policy_names = {
  "first-come-nearest", "closest-pair", "batch", "batch+forward"};

void check_input(std::size_t requests, std::size_t drivers,
                 const std::vector<candidate>& candidates) {
  for (const auto& x : candidates)
    if (x.request >= requests || x.driver >= drivers)
      throw std::invalid_argument("matching: candidate outside of the lists");
}

/// Takes candidates in the given order, each side at most once.
template <class Before>
std::vector<std::uint32_t>
take_greedily(std::size_t requests, std::size_t drivers,
              const std::vector<candidate>& xs, Before before) {
  check_input(requests, drivers, xs);
  std::vector<std::uint32_t> order(xs.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return before(xs[a], xs[b]); });
  std::vector<bool> request_done(requests);
  std::vector<bool> driver_done(drivers);
  std::vector<std::uint32_t> chosen;
  for (auto i : order) {
    const auto& x = xs[i];
    if (request_done[x.request] || driver_done[x.driver])
      continue;
    request_done[x.request] = true;
    driver_done[x.driver] = true;
    chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

} // namespace

std::string to_string(match_policy x) {
  auto i = static_cast<std::size_t>(x);
  return i < policy_names.size() ? std::string{policy_names[i]}
                                 : "?" + std::to_string(i);
}

bool parse(std::string_view text, match_policy& out) noexcept {
  auto i = std::find(policy_names.begin(), policy_names.end(), text);
  if (i == policy_names.end())
    return false;
  out = static_cast<match_policy>(i - policy_names.begin());
  return true;
}

std::vector<std::uint32_t>
assign_first_come(std::size_t requests, std::size_t drivers,
                  const std::vector<candidate>& candidates) {
  return take_greedily(
    requests, drivers, candidates, [](const candidate& a, const candidate& b) {
      return a.request != b.request ? a.request < b.request : a.cost < b.cost;
    });
}

std::vector<std::uint32_t>
assign_closest_pair(std::size_t requests, std::size_t drivers,
                    const std::vector<candidate>& candidates) {
  return take_greedily(
    requests, drivers, candidates,
    [](const candidate& a, const candidate& b) { return a.cost < b.cost; });
}

std::vector<std::uint32_t> assign_by(match_policy policy, std::size_t requests,
                                     std::size_t drivers,
                                     const std::vector<candidate>& candidates) {
  switch (policy) {
  case match_policy::first_come_nearest:
    return assign_first_come(requests, drivers, candidates);
  case match_policy::closest_pair:
    return assign_closest_pair(requests, drivers, candidates);
  case match_policy::batch:
  case match_policy::batch_forward:
    break;
  }
  return assign(requests, drivers, candidates);
}

} // namespace hansom
