#include "actors/cell/assignment.hpp"
#include "actors/cell/match_cost.hpp"
#include "actors/cell/policies.hpp"
#include "tests/unit/actors/property.hpp"
#include "tests/unit/actors/sketch.hpp"

#include <set>
#include <stdexcept>

using namespace hansom;

namespace {

struct value {
  std::size_t pairs = 0;
  std::int64_t cost = 0;

  friend bool operator==(const value&, const value&) = default;
};

bool better(const value& a, const value& b) {
  return a.pairs != b.pairs ? a.pairs > b.pairs : a.cost < b.cost;
}

value value_of(const std::vector<std::uint32_t>& chosen,
               const std::vector<candidate>& xs) {
  value v;
  for (auto i : chosen) {
    ++v.pairs;
    v.cost += xs.at(i).cost;
  }
  return v;
}

/// Tries everything: each request alone or with each of its drivers.
value brute_force(std::size_t request, std::size_t requests,
                  std::set<std::uint32_t>& taken,
                  const std::vector<candidate>& xs) {
  if (request == requests)
    return {};
  auto best = brute_force(request + 1, requests, taken, xs);
  for (const auto& x : xs) {
    if (x.request != request || !taken.insert(x.driver).second)
      continue;
    auto v = brute_force(request + 1, requests, taken, xs);
    taken.erase(x.driver);
    ++v.pairs;
    v.cost += x.cost;
    if (better(v, best))
      best = v;
  }
  return best;
}

bool nobody_twice(const std::vector<std::uint32_t>& chosen,
                  const std::vector<candidate>& xs) {
  std::set<std::uint32_t> requests;
  std::set<std::uint32_t> drivers;
  for (auto i : chosen)
    if (!requests.insert(xs.at(i).request).second
        || !drivers.insert(xs.at(i).driver).second)
      return false;
  return std::is_sorted(chosen.begin(), chosen.end());
}

std::vector<candidate> some_candidates(std::size_t requests,
                                       std::size_t drivers, std::size_t most,
                                       std::int64_t cost_max) {
  std::vector<candidate> xs(*between<std::size_t>(0, most));
  for (auto& x : xs) {
    x.request = *between<std::uint32_t>(0, static_cast<unsigned>(requests) - 1);
    x.driver = *between<std::uint32_t>(0, static_cast<unsigned>(drivers) - 1);
    x.cost = *between<std::int64_t>(-cost_max, cost_max);
  }
  return xs;
}

} // namespace

TEST_CASE("the assignment is optimal: most pairs first, then least cost") {
  for (auto cost_max : {std::int64_t{9}, assignment_cost_max})
    holds("as good as trying everything", [cost_max] {
      auto requests = *between<std::size_t>(1, 5);
      auto drivers = *between<std::size_t>(1, 6);
      auto xs = some_candidates(requests, drivers, 16, cost_max);
      auto chosen = assign(requests, drivers, xs);
      std::set<std::uint32_t> taken;
      RC_ASSERT(nobody_twice(chosen, xs));
      RC_ASSERT(value_of(chosen, xs) == brute_force(0, requests, taken, xs));
    });
}

TEST_CASE("no policy gives a driver two requests or a request two drivers") {
  holds("nobody twice, and the batch is never worse", [] {
    auto requests = *between<std::size_t>(1, 40);
    auto drivers = *between<std::size_t>(1, 60);
    auto xs = some_candidates(requests, drivers, 300, 600'000);
    auto exact = assign(requests, drivers, xs);
    RC_ASSERT(nobody_twice(exact, xs));
    RC_ASSERT(exact == assign(requests, drivers, xs));
    for (auto policy :
         {match_policy::first_come_nearest, match_policy::closest_pair}) {
      auto greedy = assign_by(policy, requests, drivers, xs);
      RC_ASSERT(nobody_twice(greedy, xs));
      RC_ASSERT(!better(value_of(greedy, xs), value_of(exact, xs)));
    }
  });
}

TEST_CASE("where nobody competes the lowest index wins among equals") {
  std::vector<candidate> xs{{0, 2, 5}, {0, 1, 5}, {1, 0, 7}, {1, 3, 7}};
  CHECK(assign(2, 4, xs) == std::vector<std::uint32_t>{0, 2});
  CHECK(assign(1, 4, {{0, 3, 9}, {0, 1, 4}, {0, 2, 4}})
        == std::vector<std::uint32_t>{1});
  CHECK(assign(0, 0, {}).empty());
}

TEST_CASE("candidates outside of the lists are refused") {
  CHECK_THROWS_AS(assign(1, 1, {{1, 0, 0}}), std::invalid_argument);
  CHECK_THROWS_AS(assign(1, 1, {{0, 1, 0}}), std::invalid_argument);
  CHECK_THROWS_AS(assign(assignment_size_max + 1, 1, {}),
                  std::invalid_argument);
  CHECK_THROWS_AS(assign_first_come(1, 1, {{0, 1, 0}}), std::invalid_argument);
}

TEST_CASE("the largest batch at the largest costs does not overflow") {
  // Everybody wants driver 0 most, at the extremes of the cost range.
  const auto n = static_cast<std::uint32_t>(assignment_size_max);
  std::vector<candidate> xs;
  for (std::uint32_t i = 0; i < n; ++i) {
    xs.push_back({i, 0, -assignment_cost_max});
    xs.push_back({i, i, assignment_cost_max});
  }
  CHECK(assign(n, n, xs).size() == n);
}

TEST_CASE("on a map: what greed costs") {
  // A takes b because he is nearest, and B is left with the far a.
  sketch map{{"a.......A.b.......B"}};
  straight_line_eta eta;
  std::vector<candidate> xs;
  std::uint32_t request = 0;
  for (char r : {'A', 'B'}) {
    std::uint32_t driver = 0;
    for (char d : {'a', 'b'})
      xs.push_back({request, driver++,
                    std::int64_t{eta.seconds(map.at(d), map.at(r), {1})}});
    ++request;
  }
  // Candidates: 0 is A-a, 1 is A-b, 2 is B-a, 3 is B-b.
  CHECK(assign_first_come(2, 2, xs) == std::vector<std::uint32_t>{1, 2});
  CHECK(assign_closest_pair(2, 2, xs) == std::vector<std::uint32_t>{1, 2});
  CHECK(assign(2, 2, xs) == std::vector<std::uint32_t>{0, 3});
}

TEST_CASE("policies have names") {
  for (std::size_t i = 0; i < match_policy_count; ++i) {
    match_policy back{};
    CHECK(parse(to_string(static_cast<match_policy>(i)), back));
    CHECK(back == static_cast<match_policy>(i));
  }
  match_policy unused{};
  CHECK_FALSE(parse("nearest", unused));
  CHECK(to_string(match_policy::batch_forward) == "batch+forward");
}
