#include "actors/cell/cell_books.hpp"
#include "actors/cell/cell_cover.hpp"
#include "actors/cell/surge_book.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace hansom;

namespace {

constexpr timestamp start{1'750'000'000'000};
constexpr geo_point here{407'580'000, -739'855'000};

driver_status free_since(timestamp since, std::uint64_t rev) {
  driver_status x;
  x.driver = driver_id{1};
  x.now = standing::free;
  x.at = here;
  x.time = start;
  x.free_since = since;
  x.rev = rev;
  return x;
}

} // namespace

TEST_CASE("who refused is left alone until his standing changes") {
  driver_books books{{{407'000'000, -740'000'000}, {408'000'000, -739'000'000}},
                     250};
  books.note(free_since(start, 1), start);
  books.shun(driver_id{1}, start + milliseconds{5000});
  CHECK(books.is_shunned(driver_id{1}, start));
  // A repetition of what we know was under way already.
  books.note(free_since(start, 2), start);
  CHECK(books.is_shunned(driver_id{1}, start));
  CHECK_FALSE(books.is_shunned(driver_id{1}, start + milliseconds{5000}));
  books.note(free_since(start + milliseconds{1}, 3), start);
  CHECK_FALSE(books.is_shunned(driver_id{1}, start));
}

TEST_CASE("a price is not shown before its change is durable") {
  surge_config config;
  surge_book book{config, {}};
  for (int i = 0; i < 20; ++i)
    book.demanded(start);
  REQUIRE(book.update(1, start));
  CHECK(book.price_milli() == 1000);
  CHECK_FALSE(book.update(1, start + config.update_every)); // One at a time.
  book.settle(false);
  CHECK(book.price_milli() == 1000);
  REQUIRE(book.update(1, start + config.update_every));
  auto next = book.next();
  CHECK(next.rev == 1);
  book.settle(true);
  CHECK(book.price_milli() == next.surge_milli);
  CHECK(book.price_milli() > 1000);
}

TEST_CASE("the books show the map who is there, and what waits") {
  driver_books drivers{bounding_box(cell_of({407'500'000, -739'800'000}, 13)),
                       250};
  auto note = [&](std::uint64_t id, standing now, std::uint64_t rev) {
    driver_status x;
    x.driver = driver_id{id};
    x.now = now;
    x.at = {407'500'000, -739'800'000};
    x.rev = rev;
    drivers.note(x, {1000});
  };
  note(1, standing::free, 1);
  note(2, standing::busy, 1);
  note(3, standing::free, 1);
  note(3, standing::gone, 2);
  std::map<driver_id, standing> seen;
  drivers.for_each_booked(
    [&](driver_id who, const booked_driver& x) { seen[who] = x.now; });
  CHECK(seen.size() == 2);
  CHECK(seen[driver_id{2}] == standing::busy);
  request_book requests;
  want_driver want;
  want.trip = trip_id{9};
  requests.want(want, {1000});
  std::size_t n = 0;
  requests.for_each(
    [&](const waiting_request& x) { n += x.want.trip == trip_id{9}; });
  CHECK(n == 1);
}
