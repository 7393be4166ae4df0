#include "cluster/member/control_text.hpp"

#include <doctest/doctest.h>

using namespace hansom;

namespace {

core::control example() {
  core::control x;
  x.kind = core::control_kind::health;
  x.shard = 255;
  x.epoch = 0x0123456789abcdef;
  x.node = 7;
  x.number = ~std::uint64_t{0};
  x.yes = true;
  x.nodes = {1, 2, 300};
  return x;
}

} // namespace

TEST_CASE("a control message arrives as it was sent") {
  auto x = to_control(to_bytes(example()));
  REQUIRE(x);
  CHECK(x->kind == core::control_kind::health);
  CHECK(x->shard == 255);
  CHECK(x->epoch == 0x0123456789abcdef);
  CHECK(x->node == 7);
  CHECK(x->number == ~std::uint64_t{0});
  CHECK(x->yes);
  CHECK(x->nodes == std::vector<store::incarnation>{1, 2, 300});
}

TEST_CASE("what is no control message is refused") {
  auto good = to_bytes(example());
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK_FALSE(to_control(good.substr(0, n)));
  CHECK_FALSE(to_control(good + 'x'));
  auto with = [&](std::size_t at, char byte) {
    auto bad = good;
    bad[at] = byte;
    return to_control(bad);
  };
  CHECK_FALSE(with(0, 2));   // another version
  CHECK_FALSE(with(1, 0));   // no kind
  CHECK_FALSE(with(1, 99));  // an unknown one
  CHECK_FALSE(with(3, 1));   // shard 511
  CHECK_FALSE(with(28, 2));  // neither yes nor no
  CHECK_FALSE(with(29, 99)); // more nodes than follow
}
