#include "tests/unit/actors/cell_fixture.hpp"

#include <nlohmann/json.hpp>

#include <cctype>

namespace hansom::testing {

cells::cells(dispatch_config config, position_port* listener)
  : city_fixture{config}, level{config.cell_level} {
  positions = listener;
  real(entity_kind::cell, spawn_cell);
  boot();
}

void cells::tell_status(char name, geo_point at, standing now_is,
                        milliseconds age) {
  driver_status x;
  x.driver = driver(name);
  x.now = now_is;
  x.at = at;
  x.time = now() - age;
  x.free_since = now();
  x.rev = ++revs[name];
  node().send(home(at), x);
}

void cells::request(char name, geo_point pickup, milliseconds waited,
                    std::uint32_t rev, std::vector<driver_id> excluded) {
  want_driver x;
  x.trip = trip(name);
  x.rider = rider_id{1};
  x.pickup = pickup;
  x.dropoff = union_square;
  x.requested_at = now() - waited;
  x.rev = rev;
  x.excluded = std::move(excluded);
  node().send(home(pickup), x);
}

void cells::populate(const city_map& map) {
  for (auto& [name, at] : map.places())
    if (std::isalpha(static_cast<unsigned char>(name)))
      tell_free(name, at);
  settle();
  for (auto& [name, at] : map.places())
    if (std::isdigit(static_cast<unsigned char>(name)))
      request(name, at);
}

std::string cells::proposals() const {
  std::string out;
  for (auto& [who, x] : stand_ins->of<offer_proposal>()) {
    if (!out.empty())
      out += ' ';
    out += static_cast<char>(x.trip.value);
    out += static_cast<char>(who.id);
  }
  return out;
}

quote_terms cells::quote(geo_point at) {
  client_ref from{session(9), rider_id{77}, "q" + std::to_string(++quotes_)};
  node().send(home(at), from, quote_ask{at, union_square, {}});
  settle();
  auto replies = clients->replies(from.command);
  REQUIRE(replies.size() == 1);
  auto body = nlohmann::json::parse(replies[0]);
  REQUIRE(body["type"] == "quote");
  quote_terms terms;
  REQUIRE(
    quotes->verify(body["quote"].get<std::string>(), rider_id{77}, now(), terms)
    == error_code::none);
  CHECK(terms.surge_milli == body["surge_milli"]);
  CHECK(terms.fare.minor == body["fare"]["minor"]);
  return terms;
}

} // namespace hansom::testing
