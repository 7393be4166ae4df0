// What is counted and recorded of a ride, from its records alone.

#include "actors/trip/trip_figures.hpp"
#include "actors/trip/trip_trace.hpp"

#include <doctest/doctest.h>

using namespace hansom;

namespace {

struct kept_spans final : span_sink {
  void take(finished_span x) override {
    all.push_back(std::move(x));
  }
  std::vector<finished_span> all;
};

trip_record at(trip_phase phase, trip_record from = {}) {
  ++from.rev;
  from.phase = phase;
  return from;
}

template <class Histogram>
std::uint64_t count_of(const Histogram& x) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < Histogram::size; ++i)
    n += x.in_bucket(i);
  return n;
}

} // namespace

TEST_CASE("a served ride is counted step by step") {
  ride_figures x;
  auto asked = at(trip_phase::matching);
  asked.matching_since = {10'000};
  count_step(x, {}, asked);
  CHECK(x.requested == 1);
  auto taken = at(trip_phase::assigned, asked);
  taken.driver = {7};
  taken.assigned_at = {12'500};
  count_step(x, asked, taken);
  CHECK(x.assigned == 1);
  CHECK(x.match_ms.sum() == 2'500);
  auto there = at(trip_phase::arrived, taken);
  there.arrived_at = {72'500};
  count_step(x, taken, there);
  CHECK(x.pickup_s.sum() == 60);
  auto driving = at(trip_phase::on_trip, there);
  driving.started_at = {80'000};
  count_step(x, there, driving);
  auto done = at(trip_phase::completed, driving);
  done.ended_at = {680'000};
  done.fare = {1420, {}};
  done.distance_m = 2500;
  count_step(x, driving, done);
  auto rated = at(trip_phase::completed, done);
  rated.stars_by_rider = 5;
  count_step(x, done, rated);
  CHECK(x.completed == 1);
  CHECK(x.ride_s.sum() == 600);
  CHECK(x.ridden_m == 2500);
  CHECK(x.fares.rows()[0].count == 1);
  CHECK(x.fares.rows()[0].minor == 1420);
  CHECK(x.released == 0);
  CHECK(x.requested == 1);
  CHECK(count_of(x.match_ms) == 1);
}

TEST_CASE("who ended a ride, fees, drivers who were lost") {
  ride_figures x;
  auto asked = at(trip_phase::matching);
  auto taken = at(trip_phase::assigned, asked);
  count_step(x, asked, taken);
  count_step(x, taken, at(trip_phase::matching, taken));
  CHECK(x.released == 1);
  auto gone = at(trip_phase::cancelled, taken);
  gone.ended_by = cause::operations;
  gone.fee = {500, {}};
  count_step(x, taken, gone);
  CHECK(x.cancelled[static_cast<std::size_t>(cause::operations)] == 1);
  CHECK(x.fees.rows()[0].minor == 500);
  count_step(x, asked, at(trip_phase::expired, asked));
  CHECK(x.expired == 1);
  CHECK(x.completed == 0);
}

TEST_CASE("money has a row for each currency, and a last one for the rest") {
  money_figures x;
  for (std::uint32_t i = 1; i <= 40; ++i)
    x.add({100, {i}});
  x.add({50, {3}});
  CHECK(x.rows()[2].count == 2);
  CHECK(x.rows()[2].minor == 150);
  CHECK(x.rows().back().unit == 0);
  CHECK(x.rows().back().count == 40 - money_figures::currencies);
}

TEST_CASE("values fall into the bucket that they are at most") {
  histogram<wait_bounds_us> x;
  for (std::uint64_t v : {0U, 100U, 101U, 5'000'000U, 5'000'001U})
    x.add(v);
  CHECK(x.in_bucket(0) == 2);
  CHECK(x.in_bucket(1) == 1);
  CHECK(x.in_bucket(wait_bounds_us.size() - 1) == 1);
  CHECK(x.in_bucket(wait_bounds_us.size()) == 1);
  x.add_alone(100);
  CHECK(x.in_bucket(0) == 3);
  CHECK(x.sum() == 0 + 100 + 101 + 5'000'000 + 5'000'001 + 100);
}

TEST_CASE("a recorded search has its offers as children; figures come always") {
  kept_spans kept;
  tracer spans{{1'000'000, true}, 1, {1000}, kept};
  ride_figures figures;
  trip_trace x;
  trip_record record;
  record.phase = trip_phase::assigned;
  SUBCASE("recorded") {
    x.init(&spans, &figures, trip_id{0xa1});
    auto command = spans.begin_root({});
    x.search_begins(command.at);
    CHECK(x.search());
    x.offer_begins({7}, {1000}, {1400}, true);
    x.offer_ends(offer_outcome::declined, {2400});
    x.offer_ends(offer_outcome::declined, {2400}); // There is none any more.
    x.offer_begins({8}, {1000}, {2500}, false);
    x.offer_begins({9}, {1000}, {2600}, false); // The one before is withdrawn.
    x.offer_ends(offer_outcome::accepted, {3000});
    x.search_ends(record);
    REQUIRE(kept.all.size() == 4);
    CHECK(kept.all[0].name == "offer");
    CHECK(kept.all[3].name == "search");
    CHECK(kept.all[0].what.parent == kept.all[3].what.at.span);
    CHECK(kept.all[3].what.parent == command.at.span);
    CHECK(!x.search());
  }
  SUBCASE("not recorded") {
    x.init(nullptr, &figures, trip_id{0xa1});
    x.search_begins({});
    x.offer_begins({7}, {1000}, {1400}, true);
    x.offer_ends(offer_outcome::declined, {2400});
    x.offer_begins({8}, {1000}, {2500}, false);
    x.offer_ends(offer_outcome::withdrawn, {2600});
    x.offer_begins({9}, {1000}, {2600}, false);
    x.offer_ends(offer_outcome::accepted, {3000});
    CHECK(kept.all.empty());
  }
  auto ended = [&](offer_outcome how) {
    return figures.offers_ended[static_cast<std::size_t>(how)].load();
  };
  CHECK(ended(offer_outcome::declined) == 1);
  CHECK(ended(offer_outcome::withdrawn) == 1);
  CHECK(ended(offer_outcome::accepted) == 1);
  CHECK(figures.offer_ms.sum() == 400);
  CHECK(figures.answer_ms.sum() == 1000 + 100 + 400);
}
