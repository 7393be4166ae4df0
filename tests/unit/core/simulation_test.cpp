#include "tests/unit/core/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

using namespace hansom;
using namespace hansom::tests;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds faults_from = 6s;
constexpr milliseconds faults_until = 32s;
constexpr milliseconds healed_at = 36s;
constexpr milliseconds judged_at = 75s;

/// One fault at a random moment, with its end.
void add_fault(world& w) {
  auto n = w.node_count();
  auto t = faults_from
           + milliseconds{w.random(
             static_cast<std::uint64_t>((faults_until - faults_from).count()))};
  auto i = w.random(n);
  auto j = (i + 1 + w.random(n - 1)) % n;
  auto lasting = milliseconds{100 + w.random(w.random(2) == 0 ? 1500 : 9000)};
  auto both = w.random(2) == 0;
  switch (w.random(11)) {
  case 0:
  case 1:
    w.at(t, [&w, i] { w.kill(i); });
    break;
  case 2:
    w.at(t, [&w, i, lasting] { w.pause(i, lasting); });
    break;
  case 3: // Two nodes, one way or both.
    w.at(t, [&w, i, j, both] {
      w.cut(i, j, true);
      w.cut(j, i, both);
    });
    w.at(t + lasting, [&w, i, j] {
      w.cut(i, j, false);
      w.cut(j, i, false);
    });
    break;
  case 4: // From everybody and the store.
    w.at(t, [&w, i, n] {
      w.cut_store(i, true);
      for (std::size_t k = 0; k < n; ++k) {
        w.cut(i, k, k != i);
        w.cut(k, i, k != i);
      }
    });
    w.at(t + lasting, [&w, i, n] {
      w.cut_store(i, false);
      for (std::size_t k = 0; k < n; ++k) {
        w.cut(i, k, false);
        w.cut(k, i, false);
      }
    });
    break;
  case 5:
    w.at(t, [&w, i] { w.cut_store(i, true); });
    w.at(t + lasting, [&w, i] { w.cut_store(i, false); });
    break;
  case 6:
    w.at(t, [&w] { w.store().up = false; });
    w.at(t + lasting, [&w] { w.store().up = true; });
    break;
  case 7:
    w.at(t, [&w, i, j] { w.spoil(i, j, true); });
    w.at(t + lasting * 2, [&w, i, j] { w.spoil(i, j, false); });
    break;
  case 8:
    w.at(t, [&w, i] { w.slow_store(i, true); });
    w.at(t + lasting * 2, [&w, i] { w.slow_store(i, false); });
    break;
  case 9:
    w.at(t, [&w, i] { w.drain(i); });
    if (both)
      w.at(t + lasting / 8, [&w, i] { w.undrain(i); });
    break;
  default:
    w.at(t, [&w, i, s = w.random(12)] {
      w.store().pin(static_cast<shard_id>(s), "n" + std::to_string(i));
    });
  }
}

/// Links part one by one and come back in another order.
void swizzle(world& w) {
  auto n = w.node_count();
  auto t = faults_from + milliseconds{w.random(15'000)};
  for (std::size_t k = 0; k < n; ++k) {
    auto i = w.random(n);
    auto j = (i + 1 + w.random(n - 1)) % n;
    w.at(t + milliseconds{w.random(4000)}, [&w, i, j] { w.cut(i, j, true); });
    w.at(t + 4s + milliseconds{w.random(6000)},
         [&w, i, j] { w.cut(i, j, false); });
  }
}

std::string judge(world& w) {
  if (!w.violations.empty())
    return w.violations.front();
  if (w.store().stale_accepted > 0)
    return "the store has accepted a stale write";
  std::map<shard_id, store::epoch> last;
  for (auto& x : w.store().history)
    if (x.now != ++last[x.shard])
      return "epochs of a shard do not go up by one";
  std::map<shard_id, store::epoch> written;
  for (auto& x : w.store().log) {
    auto& highest = written[x.shard];
    if (x.epoch < highest)
      return "a write of an old epoch follows one of a newer";
    highest = x.epoch;
  }
  return {};
}

/// A cluster in trouble, then healed.
std::string run_in_trouble(std::uint64_t seed, sabotage broken,
                           world::tally* sum = nullptr) {
  world_setup setup;
  setup.seed = seed;
  setup.nodes = 3 + seed % 5;
  setup.broken = broken;
  world w{setup};
  for (std::size_t i = 0; i < setup.nodes; ++i)
    w.at(milliseconds{w.random(3000)}, [&w, i] { w.start(i); });
  auto faults = 1 + w.random(6);
  for (std::uint64_t i = 0; i < faults; ++i)
    add_fault(w);
  if (w.random(4) == 0)
    swizzle(w);
  w.at(healed_at, [&w] { w.heal(); });
  w.at(judged_at - 7s, [&w] { w.set_clients(false); });
  w.run_until(judged_at);
  if (sum) {
    sum->asked += w.counts.asked;
    sum->acknowledged += w.counts.acknowledged;
    sum->refused += w.counts.refused;
    sum->unknown += w.counts.unknown;
    sum->died_with_node += w.counts.died_with_node;
    sum->outputs += w.counts.outputs;
    sum->dropped_outputs += w.counts.dropped_outputs;
    sum->moves += w.counts.moves;
    sum->suspensions += w.counts.suspensions;
    sum->left += w.counts.left;
    sum->events += w.counts.events;
  }
  auto wrong = judge(w);
  return wrong.empty() ? w.find_unsettled() : wrong;
}

/// Members come, leave and come back, on machines and links without fault.
std::string run_calm(std::uint64_t seed, sabotage broken,
                     milliseconds* slowest = nullptr) {
  world_setup setup;
  setup.seed = seed;
  setup.nodes = 3 + seed % 3;
  setup.calm = true;
  setup.broken = broken;
  world w{setup};
  auto late = w.random(2) == 0;
  for (std::size_t i = 0; i + (late ? 1 : 0) < setup.nodes; ++i)
    w.at(milliseconds{w.random(300)}, [&w, i] { w.start(i); });
  w.set_clients(false);
  w.at(8s, [&w] { w.set_clients(true); });
  if (late)
    w.at(10s, [&w, i = setup.nodes - 1] { w.start(i); });
  for (std::size_t i = 0; i < setup.nodes; ++i)
    w.at(15s + 6s * static_cast<int>(i), [&w, i] { w.drain(i); });
  for (std::uint64_t i = 0; i < 3; ++i)
    w.at(12s + milliseconds{w.random(25'000)},
         [&w, s = w.random(12), n = w.random(setup.nodes)] {
           w.store().pin(static_cast<shard_id>(s), "n" + std::to_string(n));
         });
  w.at(55s, [&w] { w.set_clients(false); });
  w.run_until(58s);
  if (slowest)
    *slowest = std::max(*slowest, w.slowest);
  auto wrong = judge(w);
  if (!wrong.empty())
    return wrong;
  auto& c = w.counts;
  if (c.acknowledged != c.asked)
    return std::to_string(c.asked - c.acknowledged) + " of "
           + std::to_string(c.asked) + " commands were not acknowledged, "
           + std::to_string(c.refused) + " refused";
  if (c.left < setup.nodes || c.moves < 12)
    return "nothing has moved";
  return w.find_unsettled();
}

/// The seeds of this run: one that was asked for, or many.
std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const auto* one = std::getenv("HANSOM_SEED"))
    return {std::strtoull(one, nullptr, 10)};
  if (const auto* many = std::getenv("HANSOM_SEEDS"))
    count = std::strtoull(many, nullptr, 10);
  std::vector<std::uint64_t> result(count);
  for (std::uint64_t i = 0; i < count; ++i)
    result[i] = i + 1;
  return result;
}

template <class Run>
int count_caught(std::uint64_t count, Run run) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    caught += run(seed).empty() ? 0 : 1;
  return caught;
}

} // namespace

TEST_CASE("a cluster in trouble keeps what it has promised, and recovers") {
  world::tally sum;
  for (auto seed : seeds(2000)) {
    auto wrong = run_in_trouble(seed, {}, &sum);
    if (!wrong.empty())
      FAIL_CHECK("HANSOM_SEED=" << seed << ": " << wrong);
  }
  MESSAGE(
    "events " << sum.events << ", asked " << sum.asked << ", acknowledged "
              << sum.acknowledged << ", refused " << sum.refused << ", unknown "
              << sum.unknown << ", died with their gateway "
              << sum.died_with_node << "; outputs " << sum.outputs
              << ", dropped " << sum.dropped_outputs << "; moves " << sum.moves
              << ", suspensions " << sum.suspensions << ", left " << sum.left);
}

TEST_CASE("where nothing fails, moves and restarts lose no command") {
  milliseconds slowest{0};
  for (auto seed : seeds(300)) {
    auto wrong = run_calm(seed, {}, &slowest);
    if (!wrong.empty())
      FAIL_CHECK("HANSOM_SEED=" << seed << ": " << wrong);
  }
  MESSAGE("slowest command " << slowest.count() << " ms");
  CHECK(slowest <= 400ms);
}

TEST_CASE("what is broken on purpose is noticed") {
  CHECK(
    count_caught(
      60, [](auto seed) { return run_in_trouble(seed, {.no_fence = true}); })
    > 0);
  CHECK(
    count_caught(
      60, [](auto seed) { return run_in_trouble(seed, {.no_silence = true}); })
    > 0);
  CHECK(count_caught(
          5, [](auto seed) { return run_calm(seed, {.drops_queue = true}); })
        > 0);
}
