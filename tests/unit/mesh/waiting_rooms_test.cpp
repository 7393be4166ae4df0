#include "actors/cell/position_pack.hpp"
#include "actors/type_ids.hpp"
#include "cluster/mesh/waiting_rooms.hpp"

#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace hansom;

TEST_SUITE_BEGIN("mail whose shard has no reachable owner");

namespace {

using numbers = std::vector<std::uint64_t>;

const driver_id dan{4711};
const shard_id home = shard_of(dan);

far_mail mail_no(std::uint64_t n) {
  far_mail x;
  x.to = dan;
  x.what = parcel{caf::make_message(your_turn{driver_id{n}})};
  return x;
}

far_mail place_of(std::uint64_t driver, std::int64_t at_ms) {
  position_batch batch;
  packed_position p{};
  p.driver = driver_id{driver};
  p.time = {at_ms};
  pack(batch.packed, p);
  far_mail x;
  x.to = dan;
  x.what = parcel{caf::make_message(std::move(batch))};
  return x;
}

struct rooms_fixture {
  mesh_config config;
  waiting_rooms::counters counts;
  bool open = false;
  numbers went;                     ///< Mail that found its way, in order.
  std::vector<std::size_t> batches; ///< Positions in each batch that did.
  std::function<void()> meanwhile;  ///< While mail is tried.
  waiting_rooms rooms{config, counts, [this](far_mail& x) { return go(x); }};

  bool go(far_mail& x) {
    const bool found = open;
    if (auto call = std::exchange(meanwhile, nullptr))
      call();
    if (!found)
      return false;
    if (x.what.what.match_element<position_batch>(0)) {
      batches.push_back(0);
      unpack(x.what.what.get_as<position_batch>(0).packed,
             [this](const packed_position&) { ++batches.back(); });
    } else {
      went.push_back(x.what.what.get_as<your_turn>(0).driver.value);
    }
    return true;
  }
  void put(std::uint64_t n) {
    CHECK_FALSE(rooms.put_by(mail_no(n), rooms.tries(home)));
  }
};

} // namespace

TEST_CASE_FIXTURE(rooms_fixture, "mail waits in order, and leaves in order") {
  CHECK(rooms.is_empty(home));
  put(1);
  put(2);
  rooms.retry(home);
  CHECK(went.empty());
  put(3);
  CHECK_FALSE(rooms.is_empty(home));
  CHECK(rooms.size() == 3);
  open = true;
  rooms.retry(home);
  CHECK(went == numbers{1, 2, 3});
  CHECK(rooms.is_empty(home));
  CHECK(rooms.size() == 0);
  CHECK(rooms.bytes() == 0);
  CHECK(counts.held == 3);
}

TEST_CASE_FIXTURE(rooms_fixture, "a way that opens between the look and the "
                                 "waiting is not missed") {
  auto looked = rooms.tries(home);
  open = true;
  rooms.retry(home); // Nothing waits yet.
  CHECK_FALSE(rooms.put_by(mail_no(1), looked));
  CHECK(went == numbers{1});
}

TEST_CASE_FIXTURE(rooms_fixture, "a way that opens while mail is tried is not "
                                 "missed") {
  put(1);
  put(2);
  meanwhile = [this] {
    open = true;
    rooms.retry(home); // Somebody is at it already.
  };
  rooms.retry(home);
  CHECK(went == numbers{1, 2});
}

TEST_CASE_FIXTURE(rooms_fixture, "what comes while mail is tried waits behind "
                                 "it") {
  put(1);
  put(2);
  open = true;
  meanwhile = [this] { put(3); };
  rooms.retry(home);
  CHECK(went == numbers{1, 2, 3});
}

TEST_CASE_FIXTURE(rooms_fixture, "too much mail comes back, and is counted") {
  config.shard_mails_max = 2;
  put(1);
  put(2);
  auto back = rooms.put_by(mail_no(3), rooms.tries(home));
  REQUIRE(back);
  CHECK(back->what.what.get_as<your_turn>(0).driver == driver_id{3});
  CHECK(counts.full == 1);
  CHECK_FALSE(rooms.put_by(place_of(1, 10), rooms.tries(home)));
  CHECK(counts.full == 2);
  CHECK(rooms.size() == 2);
}

TEST_CASE_FIXTURE(rooms_fixture, "of each driver the latest position waits") {
  for (std::int64_t t = 1; t <= 100; ++t)
    for (std::uint64_t driver = 1; driver <= 3; ++driver)
      CHECK_FALSE(rooms.put_by(place_of(driver, t), rooms.tries(home)));
  CHECK(rooms.size() == 1);
  CHECK(rooms.is_empty(home)); // Mail may overtake them.
  CHECK(counts.conflated == 297);
  open = true;
  rooms.retry(home);
  CHECK(batches == std::vector<std::size_t>{3});
  CHECK(rooms.bytes() == 0);
}

TEST_SUITE_END();
