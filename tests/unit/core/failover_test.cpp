#include "tests/unit/core/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace hansom;
using namespace hansom::tests;
using namespace std::chrono_literals;

namespace {

/// A settled cluster of `nodes`; `strike` hits node 0.
/// @returns how long until all shards are served again.
template <class Strike>
milliseconds time_to_serve(std::uint64_t seed, std::size_t nodes,
                           Strike strike) {
  world_setup setup;
  setup.seed = seed;
  setup.nodes = nodes;
  world w{setup};
  w.set_restart(false);
  for (std::size_t i = 0; i < nodes; ++i)
    w.start(i);
  auto begin = 10s + milliseconds{w.random(2000)};
  w.run_until(begin);
  REQUIRE(w.find_unsettled() == "");
  strike(w);
  auto t = begin;
  do {
    t += 10ms;
    w.run_until(t);
  } while (!w.all_served() && t < begin + 60s && w.violations.empty());
  for (auto& x : w.violations)
    FAIL_CHECK("seed " << seed << ": " << x);
  return t - begin;
}

template <class Strike>
milliseconds percentile_99(const std::string& what, std::size_t nodes,
                           Strike strike) {
  std::vector<milliseconds> all;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    all.push_back(time_to_serve(seed, nodes, strike));
  std::ranges::sort(all);
  MESSAGE(what << ": p50 " << all[50].count() << " ms, p99 " << all[98].count()
               << " ms, longest " << all[99].count() << " ms");
  return all[98];
}

} // namespace

TEST_CASE("shards of a lost node are served again in time") {
  auto kill = [](world& w) { w.kill(0); };
  auto isolate = [](world& w) {
    w.cut_store(0, true);
    for (std::size_t i = 1; i < w.node_count(); ++i) {
      w.cut(0, i, true);
      w.cut(i, 0, true);
    }
  };
  CHECK(percentile_99("kill, of three", 3, kill) <= 1500ms);
  CHECK(percentile_99("kill, of two", 2, kill) <= 1500ms);
  CHECK(percentile_99("two of three killed", 3,
                      [](world& w) {
                        w.kill(0);
                        w.kill(1);
                      })
        <= 4s);
  CHECK(percentile_99("pause", 3, [](world& w) { w.pause(0, 30s); }) <= 4s);
  CHECK(percentile_99("cut off from everybody", 3, isolate) <= 4s);
  CHECK(percentile_99("cut off from the store", 3,
                      [](world& w) { w.cut_store(0, true); })
        <= 4s);
}

TEST_CASE("a short pause and an absent store move nothing") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    world_setup setup;
    setup.seed = seed;
    world w{setup};
    for (std::size_t i = 0; i < setup.nodes; ++i)
      w.start(i);
    w.run_until(10s);
    REQUIRE(w.find_unsettled() == "");
    auto changes = w.store().history.size();
    w.pause(0, 1s);
    w.run_until(15s);
    w.store().up = false;
    w.run_until(15s + milliseconds{w.random(60'000)});
    for (std::size_t i = 0; i < setup.nodes; ++i)
      CHECK_FALSE(w.member_of(i).suspended()); // All say that it is gone.
    w.store().up = true;
    w.run_until(w.now() + 5s);
    CHECK(w.find_unsettled() == "");
    CHECK(w.store().history.size() == changes);
    CHECK(w.violations.empty());
  }
}
