#include "actors/cell/position_pack.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

using namespace hansom;

namespace {

std::vector<packed_position> unpacked(std::string_view batch) {
  std::vector<packed_position> result;
  unpack(batch, [&](const packed_position& x) { result.push_back(x); });
  return result;
}

packed_position some_position() {
  return {driver_id{7}, {407'313'100, -739'885'260}, {1'378'000'000'000}, 359};
}

} // namespace

TEST_CASE("a batch of positions comes out as it went in") {
  CHECK(rc::check([] {
    std::vector<packed_position> all;
    std::string batch;
    auto n = *rc::gen::inRange(1, 60);
    for (int i = 0; i < n; ++i) {
      packed_position x{driver_id{*rc::gen::positive<std::uint64_t>()},
                        {*rc::gen::inRange(-900'000'000, 900'000'001),
                         *rc::gen::inRange(-1'800'000'000, 1'800'000'001)},
                        {*rc::gen::arbitrary<std::int64_t>()},
                        *rc::gen::inRange<std::uint16_t>(0, 360)};
      all.push_back(x);
      pack(batch, x);
    }
    RC_ASSERT(batch.size() == 1 + all.size() * packed_position_size);
    RC_ASSERT(packed_count(batch) == all.size());
    RC_ASSERT(unpacked(batch) == all);
  }));
}

TEST_CASE("the layout of a batch is fixed, byte by byte") {
  std::string batch;
  pack(batch, {driver_id{0x0102}, {1, -1}, {0x0304}, 258});
  CHECK(batch
        == std::string("\x01\x02\x01\0\0\0\0\0\0\x01\0\0\0\xff\xff\xff\xff"
                       "\x04\x03\0\0\0\0\0\0\x02\x01",
                       27));
}

TEST_CASE("a malformed batch is refused as a whole") {
  std::string good;
  pack(good, some_position());
  pack(good, some_position());
  auto nobody = [](const packed_position&) { FAIL("visited"); };
  CHECK_FALSE(unpack("", nobody));
  CHECK_FALSE(unpack(std::string_view{"\x01", 1}, nobody));
  CHECK_FALSE(unpack(std::string_view{good}.substr(0, 52), nobody));
  CHECK_FALSE(unpack(good + 'x', nobody));
  auto other_version = good;
  other_version[0] = 2;
  CHECK_FALSE(unpack(other_version, nobody));
  for (auto bad : {packed_position{driver_id{0}, {1, 1}, {1}, 0},
                   packed_position{driver_id{1}, {900'000'001, 1}, {1}, 0},
                   packed_position{driver_id{1}, {1, 1'800'000'001}, {1}, 0},
                   packed_position{driver_id{1}, {1, 1}, {1}, 360}}) {
    auto batch = good;
    pack(batch, bad);
    CHECK_FALSE(unpack(batch, nobody));
  }
}
