#include "actors/trip/trip_rules.hpp"
#include "tests/unit/actors/property.hpp"

#include <functional>

using namespace hansom;

namespace {

constexpr timestamp start_time{1'700'000'000'000};
const auto pickup = from_degrees(40.70, -74.00);
constexpr rider_id the_rider{70};

trip_requested a_request() {
  trip_requested e;
  e.at = start_time;
  e.rider = the_rider;
  e.pickup = pickup;
  e.dropoff = from_degrees(40.75, -73.98);
  e.quote = {9};
  e.fare = {1400, {}};
  e.distance_m = 6000;
  e.duration_s = 900;
  return e;
}

/// A trip, its live offer and a clock: what the actor around the rules holds.
struct ride {
  trip_record x;
  caf::optional<live_offer> offer;
  driver_sight sight{pickup};
  timestamp now = start_time;
  dispatch_config config;

  ride() {
    x.trip = {1};
    take(request_trip(x, a_request()));
  }

  error_code take(const decision& d) {
    for (const auto& e : d.events)
      REQUIRE(apply(x, e));
    if (x.phase != trip_phase::offered && !d.events.empty())
      offer = caf::none;
    return d.error;
  }

  error_code offer_to(driver_id driver, bool queued = false) {
    auto d = offer_trip(x, driver);
    if (d) {
      offer = live_offer{driver, now, 120, queued};
      mark_offered(x);
    }
    return d.error;
  }

  error_code accept_by(driver_id driver) {
    return take(
      accept_offer(x, offer, driver, std::string{"black Volvo"}, now, config));
  }

  void wait(milliseconds ms) {
    now = now + ms;
  }
};

ride assigned_ride(bool queued = false) {
  ride r;
  r.offer_to({1}, queued);
  r.accept_by({1});
  REQUIRE(r.x.phase == trip_phase::assigned);
  return r;
}

ride arrived_ride() {
  auto r = assigned_ride();
  REQUIRE(r.take(arrive(r.x, {1}, r.sight, r.now, r.config))
          == error_code::none);
  return r;
}

ride completed_ride() {
  auto r = arrived_ride();
  r.take(start(r.x, {1}, r.now));
  r.wait(milliseconds{600'000});
  r.take(complete(r.x, driver_id{1}, 6500, r.now));
  return r;
}

/// One random command by a random party.
decision random_command(ride& r) {
  driver_id driver{*between<std::uint64_t>(1, 3)};
  rider_id rider{*between<std::uint64_t>(70, 71)};
  const party parties[] = {driver, rider, party{cause::system},
                           party{cause::operations}};
  auto who = parties[*between(0, 3)];
  switch (*between(0, 15)) {
  case 0:
  case 1:
    r.offer_to(driver, *between(0, 4) == 0);
    return {};
  case 2:
  case 3:
    return accept_offer(r.x, r.offer, driver, {}, r.now, r.config);
  case 4:
    return close_offer(r.x, r.offer, driver,
                       static_cast<offer_outcome>(*between(0, 4)), r.now);
  case 5:
    return promote(r.x, driver, r.now);
  case 6:
    return arrive(r.x, driver, r.sight, r.now, r.config);
  case 7:
    return start(r.x, driver, r.now);
  case 8:
    return complete(r.x, who, 0, r.now);
  case 9:
    return cancel(r.x, who, "", r.sight, r.now, r.config);
  case 10:
    return no_show(r.x, driver, r.now, r.config);
  case 11:
    return release(r.x, driver, "stalled", r.now);
  case 12:
    return expire(r.x, r.now, r.config);
  case 13:
    return end_trip(
      r.x,
      {*between(0, 1) == 0 ? trip_phase::completed : trip_phase::cancelled,
       "no word of the driver", "desk"},
      r.now);
  case 14:
    return abandon(r.x, r.now - milliseconds{*between(0, 90'000'000)}, r.now,
                   r.config);
  default:
    return rate(r.x, who, *between<std::uint8_t>(0, 6), {}, r.now);
  }
}

/// What must be true of every record, whatever happened.
void check_sane(const trip_record& x) {
  RC_ASSERT((!has_driver(x.phase) || static_cast<bool>(x.driver)));
  if (x.phase == trip_phase::matching || x.phase == trip_phase::offered)
    RC_ASSERT((!x.driver && !x.queued && !x.assigned_at));
  RC_ASSERT(is_terminal(x.phase) == static_cast<bool>(x.ended_at));
  RC_ASSERT((x.fee.minor >= 0 && x.fee.minor <= 1400));
  RC_ASSERT(x.fare.minor == 1400);
  if (x.fee.minor > 0)
    RC_ASSERT(x.phase == trip_phase::cancelled);
}

/// How an event is seen by the table, offers being no events.
trip_phase from_of(trip_phase before, const trip_event& e) {
  auto after_offer = std::holds_alternative<offer_closed>(e)
                     || std::holds_alternative<trip_assigned>(e);
  return after_offer && before == trip_phase::matching ? trip_phase::offered
                                                       : before;
}

} // namespace

TEST_CASE("no command in any order leads to an illegal transition") {
  holds("random commands", [] {
    ride r;
    std::vector<trip_event> journal{a_request()};
    for (int i = 0; i < 60; ++i) {
      r.wait(milliseconds{*between(0, 120'000)});
      auto before = r.x;
      auto d = random_command(r);
      RC_ASSERT((static_cast<bool>(d) || d.events.empty()));
      RC_ASSERT((static_cast<bool>(d) || !d.why.empty()));
      for (const auto& e : d.events) {
        auto from = from_of(r.x.phase, e);
        RC_ASSERT(apply(r.x, e));
        RC_ASSERT(
          (r.x.phase == from || may_move(from, r.x.phase, cause_of(e))));
        journal.push_back(e);
      }
      if (r.x.phase != trip_phase::offered)
        r.offer = caf::none;
      RC_ASSERT(r.x.rev == before.rev + d.events.size());
      if (is_terminal(before.phase))
        RC_ASSERT(r.x.phase == before.phase);
      check_sane(r.x);
    }
    // The journal alone gives the same record, and so does its JSON.
    trip_record folded;
    folded.trip = r.x.trip;
    for (const auto& e : journal)
      RC_ASSERT(apply(folded, e));
    unmark_offered(r.x);
    RC_ASSERT(encode(folded) == encode(r.x));
    trip_record back;
    std::string why;
    RC_ASSERT(decode(encode(r.x), back, why));
    RC_ASSERT(encode(back) == encode(r.x));
  });
}

TEST_CASE("events out of place leave the record alone") {
  auto r = completed_ride();
  auto before = encode(r.x);
  CHECK_FALSE(apply(r.x, a_request()));
  CHECK_FALSE(apply(r.x, trip_started{r.now}));
  CHECK_FALSE(apply(r.x, trip_completed{r.now, {}, 0, 0}));
  CHECK_FALSE(apply(r.x, trip_cancelled{r.now, cause::operations, "x", {}}));
  CHECK(encode(r.x) == before);
  trip_record empty;
  CHECK_FALSE(apply(empty, trip_expired{r.now, "no_driver"}));
  CHECK(empty.rev == 0);
}

TEST_CASE("a ride from request to rating") {
  auto r = completed_ride();
  CHECK(r.x.phase == trip_phase::completed);
  CHECK(r.x.rev == 5);
  CHECK(r.x.distance_m == 6500);
  CHECK(r.x.duration_s == 600);
  CHECK(receipt_of(r.x).fare.minor == 1400);
  CHECK(r.take(rate(r.x, the_rider, 5, {}, r.now)) == error_code::none);
  CHECK(r.take(rate(r.x, the_rider, 4, {}, r.now))
        == error_code::illegal_transition);
  CHECK(r.take(rate(r.x, driver_id{1}, 6, {}, r.now))
        == error_code::out_of_range);
  CHECK(r.take(rate(r.x, driver_id{2}, 5, {}, r.now))
        == error_code::not_your_trip);
  CHECK(r.x.stars_by_rider == 5);
  auto view = view_of(r.x);
  CHECK(view.rev == 6);
  CHECK(view.driver == driver_id{1});
  CHECK(*view.vehicle == "black Volvo");
}

TEST_CASE("an offer is for one driver, for a time, and not twice") {
  ride r;
  CHECK(r.offer_to({1}) == error_code::none);
  CHECK(r.offer_to({2}) == error_code::illegal_transition);
  CHECK(r.accept_by({2}) == error_code::no_such_offer);
  r.wait(r.config.offer_timeout + milliseconds{1});
  CHECK(r.accept_by({1}) == error_code::offer_gone);
  CHECK(r.take(close_offer(r.x, r.offer, {1}, offer_outcome::timed_out, r.now))
        == error_code::none);
  CHECK(r.x.phase == trip_phase::matching);
  CHECK(r.offer_to({1}) == error_code::offer_gone);
  CHECK(r.offer_to({2}) == error_code::none);
  CHECK(r.accept_by({2}) == error_code::none);
  CHECK(r.accept_by({2}) == error_code::offer_gone);
}

TEST_CASE("a driver who cancels gives the trip back, at the same price") {
  auto r = arrived_ride();
  r.wait(milliseconds{500'000});
  CHECK(r.take(cancel(r.x, driver_id{1}, "", r.sight, r.now, r.config))
        == error_code::none);
  CHECK(r.x.phase == trip_phase::matching);
  CHECK(r.x.fare.minor == 1400);
  CHECK(r.x.matching_since == r.now);
  CHECK_FALSE(r.x.driver);
  CHECK(r.offer_to({1}) == error_code::offer_gone);
  CHECK(r.take(expire(r.x, r.now, r.config)) == error_code::too_early);
  r.wait(r.config.match_timeout);
  CHECK(r.take(expire(r.x, r.now, r.config)) == error_code::none);
  CHECK(*r.x.reason == "no_driver");
}

TEST_CASE("what cancelling costs the rider") {
  const auto fee = [](ride r, milliseconds after, bool progressing) {
    r.wait(after);
    r.sight.progressing = progressing;
    REQUIRE(r.take(cancel(r.x, the_rider, "", r.sight, r.now, r.config))
            == error_code::none);
    CHECK(view_of(r.x).fare.minor == r.x.fee.minor);
    return r.x.fee.minor;
  };
  const auto late = dispatch_config{}.free_cancel + milliseconds{1};
  CHECK(fee(ride{}, late, true) == 0);
  CHECK(fee(assigned_ride(), late - milliseconds{1}, true) == 0);
  CHECK(fee(assigned_ride(), late, true) == 500);
  CHECK(fee(assigned_ride(), late, false) == 0);
  CHECK(fee(assigned_ride(true), late, true) == 0);
  CHECK(fee(arrived_ride(), late, false) == 500);
}

TEST_CASE("rider and driver cancel at the same moment: one outcome") {
  auto r = assigned_ride();
  CHECK(r.take(cancel(r.x, driver_id{1}, "", r.sight, r.now, r.config))
        == error_code::none);
  CHECK(r.take(cancel(r.x, the_rider, "", r.sight, r.now, r.config))
        == error_code::none);
  CHECK(r.x.phase == trip_phase::cancelled);
  CHECK(*r.x.ended_by == cause::rider);
  auto s = assigned_ride();
  s.take(cancel(s.x, the_rider, "", s.sight, s.now, s.config));
  CHECK(s.take(cancel(s.x, driver_id{1}, "", s.sight, s.now, s.config))
        == error_code::illegal_transition);
  CHECK(*s.x.ended_by == cause::rider);
}

TEST_CASE("a no-show takes patience, an arrival takes being there") {
  auto r = assigned_ride();
  r.sight.at = from_degrees(40.71, -74.00); // 1.1 km away.
  CHECK(r.take(arrive(r.x, {1}, r.sight, r.now, r.config))
        == error_code::too_far);
  r.sight.at = from_degrees(40.7001, -74.00);
  CHECK(r.take(arrive(r.x, {2}, r.sight, r.now, r.config))
        == error_code::not_your_trip);
  CHECK(r.take(arrive(r.x, {1}, r.sight, r.now, r.config)) == error_code::none);
  CHECK(r.take(no_show(r.x, {1}, r.now, r.config)) == error_code::too_early);
  r.wait(r.config.pickup_wait);
  CHECK(r.take(no_show(r.x, {1}, r.now, r.config)) == error_code::none);
  CHECK(r.x.fee.minor == 500);
  CHECK(*r.x.reason == "no_show");
}

TEST_CASE("a queued trip waits for its turn") {
  auto r = assigned_ride(true);
  CHECK(r.take(arrive(r.x, {1}, r.sight, r.now, r.config))
        == error_code::illegal_transition);
  CHECK(r.take(promote(r.x, {1}, r.now)) == error_code::none);
  CHECK(r.take(promote(r.x, {1}, r.now)) == error_code::illegal_transition);
  CHECK(r.take(arrive(r.x, {1}, r.sight, r.now, r.config)) == error_code::none);
}

TEST_CASE("strangers are told nothing but that") {
  auto r = assigned_ride();
  CHECK(r.take(cancel(r.x, rider_id{71}, "", r.sight, r.now, r.config))
        == error_code::not_your_trip);
  CHECK(r.take(cancel(r.x, driver_id{2}, "", r.sight, r.now, r.config))
        == error_code::not_your_trip);
  CHECK(r.take(start(r.x, {2}, r.now)) == error_code::not_your_trip);
  CHECK(r.take(release(r.x, {2}, "silent", r.now))
        == error_code::not_your_trip);
}

TEST_CASE("drivers closed for a trip are remembered, bounded") {
  ride r;
  for (std::uint64_t i = 1; i <= closed_offers_max + 10; ++i)
    REQUIRE(
      apply(r.x, offer_closed{r.now, {i}, r.now, offer_outcome::declined}));
  CHECK(r.x.closed_offers.size() == closed_offers_max);
  CHECK(r.x.closed_offers.back() == driver_id{closed_offers_max + 10});
}

TEST_CASE("a damaged record is named") {
  trip_record out;
  std::string why;
  CHECK_FALSE(decode("{\"trip\":17}", out, why));
  CHECK(why.find("/trip") != std::string::npos);
  CHECK_FALSE(decode("", out, why));
}
