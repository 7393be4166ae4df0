#include "protocol/ids.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <limits>

using namespace hansom;

namespace {

template <class Id>
bool is_id(std::string_view text) {
  Id out{77};
  bool good = parse_id(text, out);
  CHECK((good || out.value == 77)); // A refusal leaves the output alone.
  return good;
}

cell_id cell(std::string_view token) {
  cell_id out;
  REQUIRE(parse_id(token, out));
  return out;
}

} // namespace

TEST_CASE("ids print in their own text form") {
  CHECK(to_string(driver_id{42}) == "42");
  CHECK(to_string(rider_id{18446744073709551615ULL}) == "18446744073709551615");
  CHECK(to_string(trip_id{0xa1}) == "00000000000000a1");
  CHECK(to_string(quote_id{0xffffffffffffffffULL}) == "ffffffffffffffff");
  CHECK(to_string(cell_id{0x89c2585400000000}) == "89c25854");
  CHECK(to_string(entity_ref{driver_id{42}}) == "driver/42");
  CHECK(to_string(entity_ref{cell_id{0x89c2585400000000}}) == "cell/89c25854");
}

TEST_CASE("an id has exactly one text form") {
  for (auto bad : {"", "0", "042", "+42", "-1", " 42", "42 ", "4x",
                   "18446744073709551616", "99999999999999999999999"})
    CHECK_FALSE(is_id<driver_id>(bad));
  CHECK(is_id<driver_id>("18446744073709551615"));
  for (auto bad : {"", "a1", "00000000000000A1", "0000000000000000",
                   "00000000000000a10", "00000000000000g1"})
    CHECK_FALSE(is_id<trip_id>(bad));
  CHECK(is_id<trip_id>("00000000000000a1"));
  // Trailing zero; no such face; marker bit at an odd place; capital.
  for (auto bad : {"", "X", "89c258540", "f9c25854", "89c25852", "89C25854",
                   "89c25854000000001"})
    CHECK_FALSE(is_id<cell_id>(bad));
  entity_ref out;
  for (auto bad : {"", "driver", "driver/", "/42", "car/42", "driver/42/",
                   "trip/42", "driver/00000000000000a1"})
    CHECK_FALSE(parse_entity(bad, out));
}

TEST_CASE("every id comes back from its text") {
  CHECK(rc::check([](std::uint64_t x) {
    RC_PRE(x != 0);
    driver_id driver;
    trip_id trip;
    RC_ASSERT(parse_id(to_string(driver_id{x}), driver) && driver.value == x);
    RC_ASSERT(parse_id(to_string(trip_id{x}), trip) && trip.value == x);
    for (entity_ref ref : {entity_ref{driver_id{x}}, entity_ref{rider_id{x}},
                           entity_ref{trip_id{x}}}) {
      entity_ref back;
      RC_ASSERT(parse_entity(to_string(ref), back) && back == ref);
    }
    cell_id cell{(x % 6) << 61 | (x >> 3 | 1)};
    cell_id cell_back;
    RC_ASSERT(parse_id(to_string(cell), cell_back) && cell_back == cell);
  }));
}

TEST_CASE("shards never change, since stored rows depend on them") {
  CHECK(shard_of(driver_id{1}) == 229);
  CHECK(shard_of(driver_id{2}) == 138);
  CHECK(shard_of(rider_id{42}) == 34);
  CHECK(shard_of(rider_id{1'000'000}) == 86);
  CHECK(shard_of(driver_id{std::numeric_limits<std::uint64_t>::max()}) == 123);
  CHECK(shard_of(trip_id{0xc3ULL << 56 | 5}) == 0xc3);
}

TEST_CASE("a cell lives in the shard of its level-10 ancestor") {
  // Cells of level 13 and their ancestors as s2geometry computes them.
  struct row {
    std::string_view cell;
    std::string_view region;
    shard_id shard;
  };
  for (auto [token, region, shard] :
       {row{"89c25854", "89c259", 201}, row{"89c25a14", "89c25b", 105},
        row{"89c2665c", "89c267", 14}, row{"6b12ae3c", "6b12af", 207},
        row{"487604cc", "487605", 219}}) {
    CHECK(shard_of(cell(token)) == shard);
    CHECK(shard_of(cell(region)) == shard);
  }
}

TEST_CASE("trip ids carry their shard and rise with time and counter") {
  CHECK(rc::check([](std::uint8_t shard, std::uint16_t seconds,
                     std::uint64_t incarnation, std::uint32_t counter) {
    auto now = 1'700'000'000ULL + seconds;
    auto id = make_trip_id(shard, now, incarnation, counter);
    RC_ASSERT(shard_of(id) == shard);
    RC_ASSERT(make_trip_id(shard, now + 1, incarnation, 0) > id);
    RC_ASSERT(make_trip_id(shard, now, incarnation, counter + 1) != id);
    RC_ASSERT(make_trip_id(shard, now, incarnation + 1, counter) != id);
  }));
}
