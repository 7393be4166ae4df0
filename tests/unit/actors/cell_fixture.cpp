#include "tests/unit/actors/cell_fixture.hpp"

#include <nlohmann/json.hpp>

namespace hansom::testing {

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
