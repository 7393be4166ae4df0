#include "gateway/admission.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace hansom;
using namespace std::chrono_literals;

namespace {

/// A server that answers `capacity` commands a millisecond, first come first.
struct simulated {
  admission gate;
  admission_config config;
  admission::time now{1h};
  std::deque<admission::time> queue;
  std::uint64_t seed = 1;
  std::uint64_t served = 0, refused = 0;
  admission::time::duration worst{};

  std::uint64_t random() {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return seed >> 33;
  }

  void run(int ms, int offered, int capacity) {
    served = refused = 0;
    worst = {};
    for (int i = 0; i < ms; ++i, now += 1ms) {
      for (int k = 0; k < offered; ++k) {
        if (gate.ask(work::inquiry, now, random(), config)
            == admission_verdict::admitted)
          queue.push_back(now);
        else
          ++refused;
      }
      for (int k = 0; k < capacity && !queue.empty(); ++k) {
        worst = std::max(worst, now - queue.front());
        gate.answered(3, queue.front(), now, config);
        queue.pop_front();
        ++served;
      }
    }
  }
};

} // namespace

TEST_CASE("at twice the capacity, the capacity is served, and soon") {
  simulated x;
  x.run(5000, 20, 10); // Until it has settled.
  x.run(20'000, 20, 10);
  CHECK(x.served >= 190'000);
  CHECK(x.refused >= 190'000);
  CHECK(x.worst < 400ms);
  x.run(5000, 5, 10); // The load falls: all is forgiven.
  CHECK(x.gate.level() == 0);
  x.run(5000, 9, 10);
  CHECK(x.refused == 0);
}

TEST_CASE("below the capacity nothing is refused") {
  simulated x;
  x.run(20'000, 10, 10);
  CHECK(x.refused == 0);
  CHECK(x.gate.level() == 0);
}

TEST_CASE("open trips always pass, and a bound holds for new work") {
  admission gate;
  admission_config config;
  config.unanswered_max = 2;
  admission::time t{1h};
  for (int i = 0; i < 3; ++i)
    CHECK(gate.ask(work::open, t, 0, config) == admission_verdict::admitted);
  CHECK(gate.ask(work::request, t, 0, config) == admission_verdict::full);
  gate.forgotten(2);
  CHECK(gate.ask(work::request, t, 0, config) == admission_verdict::admitted);
}

TEST_CASE("a few slow commands are no overload") {
  admission gate;
  admission_config config;
  admission::time t{1h};
  for (int i = 0; i < 500; ++i, t += 50ms) {
    REQUIRE(gate.ask(work::inquiry, t, 0, config)
            == admission_verdict::admitted);
    gate.answered(3, t - 3s, t, config);
  }
}

TEST_CASE("fast quotes do not hide slow commits; requests are refused last") {
  admission gate;
  admission_config config;
  admission::time t{1h};
  for (int i = 0; i < 200; ++i, t += 5ms) {
    gate.answered(3, t, t, config);
    gate.answered(4, t - 200ms, t, config);
  }
  CHECK(gate.level() > 0);
  CHECK(gate.ask(work::inquiry, t, 0, config) == admission_verdict::slow);
  CHECK(gate.ask(work::request, t, 0, config) == admission_verdict::admitted);
  CHECK(gate.ask(work::open, t, 0, config) == admission_verdict::admitted);
  CHECK(gate.retry_ms(0) >= 250);
}
