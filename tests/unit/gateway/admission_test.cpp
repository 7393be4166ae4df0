#include "gateway/admission/admission.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

using namespace hansom;
using namespace std::chrono_literals;

namespace {

/// A node that works first come, first served; a trip is a quote and `steps`
/// commands more, each sent when the one before is answered. One step is a
/// unit of work, a refusal a twentieth.
struct simulated_node {
  static constexpr int steps = 5;
  struct item {
    admission::time since;
    int step = 0; ///< 0: a quote that has not been judged yet.
  };

  admission gate;
  admission_config config;
  admission::time now{1h};
  std::deque<item> queue;
  std::uint64_t seed = 1;
  double idle = 0; ///< Units of work that nobody had use for.
  std::uint64_t completed = 0, refused = 0, offered_in_all = 0;
  admission::time::duration worst{};
  double due = 0, left = 0;

  std::uint64_t random() {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return seed >> 33;
  }

  void handle(item x) {
    worst = std::max(worst, now - x.since);
    if (x.step == 0) {
      if (gate.ask(work::inquiry, random(), config)
          != admission_verdict::admitted) {
        ++refused;
        left -= 0.05;
        return;
      }
    } else {
      gate.ask(work::open, 0, config);
    }
    left -= 1;
    gate.answered();
    if (x.step == steps)
      ++completed;
    else
      queue.push_back({now, x.step + 1});
  }

  /// @param offered trips a millisecond. @param capacity units of work.
  void run(int ms, double offered, double capacity) {
    completed = refused = offered_in_all = 0;
    worst = {};
    for (int i = 0; i < ms; ++i, now += 1ms) {
      for (due += offered; due >= 1; --due, ++offered_in_all)
        queue.push_back({now, 0});
      for (left += capacity; left > 0 && !queue.empty();) {
        auto x = queue.front();
        queue.pop_front();
        handle(x);
      }
      left = std::min(left, 0.0);
      if (i % 10 == 0) {
        // All that waits counts as unanswered: half of it is in actors.
        admission& g = gate;
        auto waits = queue.empty() ? 0ns : now - queue.front().since;
        auto asked = queue.size();
        for (std::size_t k = 0; k < asked; ++k)
          g.ask(work::open, 0, config);
        g.observe(waits, now, config);
        g.answered(asked);
      }
    }
  }
};

constexpr double units = simulated_node::steps + 1;

} // namespace

TEST_CASE("at twice the capacity, nine tenths of it are served from the first "
          "second on") {
  simulated_node x;
  constexpr double trips = 4;
  x.run(1000, 2 * trips, units * trips);
  CHECK(x.completed >= 0.75 * trips * 1000); // It had to learn.
  x.run(3000, 2 * trips, units * trips);
  CHECK(x.completed >= 0.9 * trips * 3000);
  CHECK(x.completed + x.refused >= 0.95 * x.offered_in_all);
  CHECK(x.worst < 400ms);
  x.run(20'000, 2 * trips, units * trips);
  CHECK(x.completed >= 0.92 * trips * 20'000);
  CHECK(x.worst < 400ms);
  x.run(3000, trips / 2, units * trips); // The load falls: all is forgiven.
  CHECK(x.gate.level() == 0);
  x.run(3000, 0.9 * trips, units * trips);
  CHECK(x.refused == 0);
}

TEST_CASE("at eight times the capacity most of it is still served") {
  simulated_node x;
  constexpr double trips = 4;
  x.run(3000, 8 * trips, units * trips);
  x.run(5000, 8 * trips, units * trips);
  CHECK(x.completed >= 0.75 * trips * 5000);
  CHECK(x.worst < 600ms);
}

TEST_CASE("below the capacity nothing is refused") {
  simulated_node x;
  x.run(20'000, 4, units * 4.2);
  CHECK(x.refused == 0);
  CHECK(x.gate.level() == 0);
}

TEST_CASE("open trips always pass, and a bound holds for new work") {
  admission gate;
  admission_config config;
  config.unanswered_max = 2;
  for (int i = 0; i < 3; ++i)
    CHECK(gate.ask(work::open, 0, config) == admission_verdict::admitted);
  CHECK(gate.ask(work::request, 0, config) == admission_verdict::full);
  CHECK(!gate.at_rest());
  gate.answered(2);
  CHECK(gate.ask(work::request, 0, config) == admission_verdict::admitted);
  gate.answered(2);
  CHECK(gate.at_rest());
}

namespace {

/// Lets as many commands wait, each beat with one of these backlogs.
double level_after(std::size_t waiting,
                   const std::vector<std::chrono::nanoseconds>& backlogs,
                   std::chrono::milliseconds every = admission::beat) {
  admission gate;
  admission_config config;
  admission::time t{1h};
  for (std::size_t i = 0; i < waiting; ++i)
    gate.ask(work::open, 0, config);
  gate.begin(t);
  for (auto x : backlogs)
    gate.observe(x, t += every, config);
  return gate.level();
}

} // namespace

TEST_CASE("what is no overload: few commands, bursts, a single long commit") {
  std::vector<std::chrono::nanoseconds> always(500, 3s), sometimes, once(4, 2s);
  for (int i = 0; i < 500; ++i)
    sometimes.push_back(i % 5 == 0 ? 1ms : 500ms);
  CHECK(level_after(admission::busy_from - 1, always) == 0);
  CHECK(level_after(1000, sometimes) == 0);
  CHECK(level_after(1000, once) == 0);
  CHECK(level_after(1000, always) == doctest::Approx(2));
}

TEST_CASE("inquiries are refused first, requests last, open trips never") {
  admission gate;
  admission_config config;
  admission::time t{1h};
  for (std::size_t i = 0; i < 100; ++i)
    gate.ask(work::open, 0, config);
  gate.begin(t);
  while (gate.level() < 0.5)
    gate.observe(80ms, t += admission::beat, config);
  REQUIRE(gate.level() < 1);
  CHECK(gate.ask(work::inquiry, 0, config) == admission_verdict::slow);
  CHECK(gate.ask(work::inquiry, 999'999, config)
        == admission_verdict::admitted);
  CHECK(gate.ask(work::request, 0, config) == admission_verdict::admitted);
  while (gate.level() < 2)
    gate.observe(400ms, t += admission::beat, config);
  CHECK(gate.ask(work::inquiry, 999'999, config) == admission_verdict::slow);
  CHECK(gate.ask(work::request, 999'999, config) == admission_verdict::slow);
  CHECK(gate.ask(work::open, 0, config) == admission_verdict::admitted);
  CHECK(gate.retry_ms(0) >= 1000);
  CHECK(gate.retry_ms(0) < gate.retry_ms(999));
}

TEST_CASE("after a pause nothing of the past counts") {
  admission gate;
  admission_config config;
  admission::time t{1h};
  gate.begin(t);
  for (std::size_t i = 0; i < 100; ++i)
    gate.ask(work::open, 0, config);
  for (int i = 0; i < 4; ++i)
    gate.observe(1s, t += admission::beat, config);
  gate.begin(t += 10s);
  for (int i = 0; i < 4; ++i)
    gate.observe(1s, t += admission::beat, config);
  CHECK(gate.level() == 0);
}

TEST_CASE("a worker that is too slow to look often sees it all the same") {
  std::vector<std::chrono::nanoseconds> late(10, 400ms);
  CHECK(level_after(1000, late, 150ms) >= 1);
}
