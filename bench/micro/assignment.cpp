#include "actors/cell/assignment.hpp"

#include "bench/micro/micro.hpp"
#include "bench/micro/timing.hpp"

#include <random>
#include <tuple>

namespace hansom::bench {

namespace {

constexpr std::uint32_t candidates_each = 20;

/// Requests and half as many drivers again on a square whose side grows with
/// them, each request with its nearest drivers; the cost is the distance.
std::vector<candidate> city(std::uint32_t requests, std::uint32_t drivers) {
  std::mt19937 random{requests};
  std::uniform_real_distribution<double> place{0, 1};
  auto points = [&](std::uint32_t n) {
    std::vector<std::pair<double, double>> out(n);
    for (auto& [x, y] : out)
      std::tie(x, y) = std::pair{place(random), place(random)};
    return out;
  };
  const auto riders = points(requests), cars = points(drivers);
  std::vector<candidate> out;
  std::vector<candidate> near(drivers);
  for (std::uint32_t r = 0; r < requests; ++r) {
    for (std::uint32_t d = 0; d < drivers; ++d) {
      const auto dx = riders[r].first - cars[d].first;
      const auto dy = riders[r].second - cars[d].second;
      near[d] = {r, d, static_cast<std::int64_t>(1e6 * std::hypot(dx, dy))};
    }
    auto k = static_cast<std::ptrdiff_t>(std::min(candidates_each, drivers));
    std::partial_sort(
      near.begin(), near.begin() + k, near.end(),
      [](const candidate& a, const candidate& b) { return a.cost < b.cost; });
    out.insert(out.end(), near.begin(), near.begin() + k);
  }
  return out;
}

/// What a batch costs without a solver: the cheapest pair first.
std::size_t closest_pairs(std::uint32_t requests, std::uint32_t drivers,
                          std::vector<candidate> xs) {
  std::sort(xs.begin(), xs.end(), [](const candidate& a, const candidate& b) {
    return a.cost < b.cost;
  });
  std::vector<bool> served(requests), taken(drivers);
  std::size_t n = 0;
  for (auto& x : xs)
    if (!served[x.request] && !taken[x.driver]) {
      served[x.request] = taken[x.driver] = true;
      ++n;
    }
  return n;
}

} // namespace

void measure_assignment(const report& to, const effort& how) {
  for (std::uint32_t n : {50, 100, 200, 500, 1000}) {
    const auto drivers = n + n / 2;
    const auto xs = city(n, drivers);
    row x;
    x.measure = "assignment: " + std::to_string(n) + " requests, "
                + std::to_string(drivers) + " drivers, 20 candidates";
    x.unit = "ms";
    x.baseline_name = "closest pair first";
    x.baseline = 1e-6 * ns_per_call(how.seconds / 10, [&] {
                   keep(closest_pairs(n, drivers, xs));
                 });
    x.value = 1e-6 * ns_per_call(how.seconds / 5, [&] {
                keep(assign(n, drivers, xs));
              });
    x.note = std::to_string(assign(n, drivers, xs).size()) + " pairs, exact; "
             + std::to_string(closest_pairs(n, drivers, xs)) + " pairs, greedy";
    to(x);
  }
}

} // namespace hansom::bench
