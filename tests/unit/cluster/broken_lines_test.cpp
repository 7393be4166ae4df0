#include "cluster/member/broken_lines.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace std::chrono_literals;

using peers = std::vector<store::incarnation>;

TEST_CASE(
  "after a link has changed its words are asked for at once, and later") {
  broken_lines x;
  CHECK(x.due(1'000ms, 3'000ms).empty());
  x.changed(2, 1'000ms);
  CHECK(x.due(1'000ms, 3'000ms) == peers{2});
  CHECK(x.due(3'999ms, 3'000ms).empty());
  CHECK(x.due(4'000ms, 3'000ms) == peers{2});
  CHECK(x.due(60'000ms, 3'000ms).empty());
}

TEST_CASE("a link that comes and goes is asked for each time") {
  broken_lines x;
  x.changed(2, 0ms);
  x.changed(3, 0ms);
  CHECK(x.due(0ms, 3'000ms) == peers{2, 3});
  x.changed(2, 2'000ms);
  CHECK(x.due(2'000ms, 3'000ms) == peers{2});
  CHECK(x.due(3'000ms, 3'000ms) == peers{3});
  CHECK(x.due(4'999ms, 3'000ms).empty());
  CHECK(x.due(5'000ms, 3'000ms) == peers{2});
}

TEST_CASE("words come from their shard's owner, or by way of others") {
  constexpr store::incarnation self = 1;
  auto owner = [](shard_id s) { return store::incarnation{s % 5U}; };
  auto count = [&](store::incarnation peer, store::incarnation down) {
    auto found = shards_heard_over(peer, self, owner,
                                   [down](auto who) { return who != down; });
    for (shard_id s = 0; s < shard_count; ++s) {
      CAPTURE(s);
      auto who = owner(s);
      CHECK(found.test(s) == (who > self && (who == peer || who == down)));
    }
  };
  count(2, 0); // Came back.
  count(2, 2); // Gone.
  count(2, 3); // May have passed on what 3 said.
}
