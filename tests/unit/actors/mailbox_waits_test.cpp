#include "actors/runtime/mailbox_waits.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace hansom;

TEST_CASE("one message in sixteen is timed until its turn") {
  wait_timer x;
  auto before = wait_timer::steady::now() - std::chrono::seconds{2};
  CHECK(x.turn(1) == -1);
  x.begin(5, before);
  x.begin(6, before + std::chrono::seconds{1}); // One at a time.
  CHECK(x.turn(4) == -1);
  CHECK(x.turn(5) >= 2'000'000'000);
  CHECK(x.turn(6) == -1);
  int timed = 0;
  for (std::uint64_t i = 0; i < 160; ++i) {
    x.comes(i, 7);
    timed += x.turn(i + 1) >= 0 ? 1 : 0;
  }
  CHECK(timed == 10);
}

TEST_CASE("senders and the actor time messages at once") {
  wait_timer x;
  std::atomic<std::uint64_t> sent{0};
  auto send = [&] {
    for (int i = 0; i < 50'000; ++i)
      x.comes(sent.fetch_add(1), 0);
  };
  std::thread a{send};
  std::thread b{send};
  int timed = 0;
  for (std::uint64_t done = 0; done < 100'000;)
    if (done < sent)
      timed += x.turn(++done) >= 0 ? 1 : 0;
  a.join();
  b.join();
  CHECK(timed > 0);
  CHECK(timed <= 100'000 / 16);
}
