#include "tests/unit/actors/ride_fixture.hpp"

namespace hansom::testing {

ride_fixture::ride_fixture(dispatch_config with) : city_fixture{with} {
  real(entity_kind::driver, spawn_driver);
  real(entity_kind::rider, spawn_rider);
  real(entity_kind::trip, spawn_trip);
  boot();
}

void ride_fixture::connect(entity_ref x) {
  node().send(x, attach{session_of(x), "phone"});
  settle();
}

void ride_fixture::disconnect(entity_ref x) {
  node().send(x, detach{session_of(x)});
  settle();
}

quote_terms ride_fixture::terms_for(rider_id who, std::uint64_t quote,
                                    geo_point from) {
  quote_terms x;
  x.quote = {quote};
  x.rider = who;
  x.pickup = from;
  x.dropoff = union_square;
  x.fare = {1420, {}};
  x.distance_m = 2500;
  x.duration_s = 600;
  x.expires_at = now() + 120s;
  return x;
}

trip_request ride_fixture::ticket(rider_id who, std::uint64_t quote) {
  return {quotes->sign(terms_for(who, quote))};
}

trip_id ride_fixture::ask_for_ride(rider_id who, std::uint64_t quote) {
  auto id = quote ? quote : 100 + who.value;
  auto answer = say(who, "ask" + std::to_string(id), ticket(who, id));
  REQUIRE(answer.find("\"ack\"") != std::string::npos);
  return trip_in(answer);
}

trip_id ride_fixture::trip_in(const std::string& answer) {
  trip_id x;
  auto at = answer.find("\"trip\":\"");
  if (at != std::string::npos)
    parse_id(answer.substr(at + 8, 16), x);
  return x;
}

void ride_fixture::go_on_shift(driver_id who, geo_point at) {
  connect(who);
  move(who, at);
  say(who, "shift" + std::to_string(who.value), shift_start{});
}

void ride_fixture::move(driver_id who, geo_point at) {
  node().send(who,
              driver_moved{cell_of(at, node().config().cell_level), at, now()});
  settle();
}

void ride_fixture::drive(driver_id who, trip_id trip, geo_point at) {
  node().send(trip, trip_position{who, at, 0, now(), false});
  settle();
}

void ride_fixture::propose(driver_id who, trip_id trip, bool queued) {
  offer_proposal x;
  x.cell = cell_of(times_square, node().config().cell_level);
  x.trip = trip;
  x.pickup = times_square;
  x.dropoff = union_square;
  x.fare = {1420, {}};
  x.eta_s = 60;
  x.queued = queued;
  node().send_urgent(who, x);
}

trip_id ride_fixture::matched(rider_id rider, driver_id driver) {
  connect(rider);
  go_on_shift(driver);
  auto trip = ask_for_ride(rider);
  offer(driver, trip);
  auto answer = say(driver, "accept", offer_accept{trip});
  REQUIRE(answer.find("\"ack\"") != std::string::npos);
  return trip;
}

trip_record ride_fixture::stored(trip_id x) {
  trip_record record;
  std::string why;
  if (auto row = db().load(x))
    REQUIRE(decode(row->state, record, why));
  return record;
}

trip_record ride_fixture::folded(trip_id x) {
  trip_record record;
  record.trip = x;
  for (auto& row : db().journal_of(x)) {
    trip_event event;
    std::string why;
    REQUIRE(decode_event(row.kind, row.payload, event, why));
    REQUIRE(apply(record, event));
  }
  return record;
}

std::vector<std::string> ride_fixture::events_of(entity_ref x) {
  std::vector<std::string> result;
  for (auto& row : db().journal_of(x))
    result.push_back(row.kind);
  return result;
}

std::vector<store::transfer> ride_fixture::transfers() {
  std::vector<store::transfer> result;
  db().scan_transfers([&](auto& x) { result.push_back(x.what); });
  return result;
}

} // namespace hansom::testing
