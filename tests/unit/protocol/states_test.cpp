#include "protocol/errors.hpp"
#include "protocol/states.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace hansom;

namespace {

constexpr auto trip_phases = trip_phase_count;

trip_phase trip(std::size_t i) {
  return static_cast<trip_phase>(i);
}

/// Letters of those who may move a trip: r(ider), d(river), s(ystem),
/// o(perations).
std::string movers(std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t by = 0; by < cause_count; ++by)
    if (may_move(trip(from), trip(to), static_cast<cause>(by)))
      out += "rdso"[by];
  return out;
}

} // namespace

TEST_CASE("the trip table, in full") {
  // Rows: from; columns: to, both in the order of the enum.
  const char* expected[trip_phases][trip_phases] = {
    // req  match offer assgn arrvd on_tr compl cancl  expired
    {"", "s", "", "", "", "", "", "rso", ""},      // requested
    {"", "", "s", "", "", "", "", "rso", "s"},     // matching
    {"", "ds", "", "d", "", "", "", "rso", "s"},   // offered
    {"", "dso", "", "", "d", "", "", "rdso", ""},  // assigned
    {"", "dso", "", "", "", "d", "o", "rdso", ""}, // arrived
    {"", "", "", "", "", "", "do", "dso", ""},     // on_trip
    {"", "", "", "", "", "", "", "", ""},          // completed
    {"", "", "", "", "", "", "", "", ""},          // cancelled
    {"", "", "", "", "", "", "", "", ""},          // expired
  };
  for (std::size_t from = 0; from < trip_phases; ++from)
    for (std::size_t to = 0; to < trip_phases; ++to) {
      CAPTURE(to_string(trip(from)));
      CAPTURE(to_string(trip(to)));
      CHECK(movers(from, to) == expected[from][to]);
    }
}

TEST_CASE("every phase is reached, and every trip can end") {
  std::set<std::size_t> reached = {0};
  for (std::size_t round = 0; round < trip_phases; ++round)
    for (auto from : std::set<std::size_t>{reached})
      for (std::size_t to = 0; to < trip_phases; ++to)
        if (!movers(from, to).empty())
          reached.insert(to);
  CHECK(reached.size() == trip_phases);
  for (std::size_t from = 0; from < trip_phases; ++from) {
    bool leaves = false;
    for (std::size_t to = 0; to < trip_phases; ++to)
      leaves = leaves || !movers(from, to).empty();
    CHECK(leaves != is_terminal(trip(from)));
    if (!is_terminal(trip(from)))
      CHECK(movers(from, 7).find('o') != std::string::npos);
  }
}

TEST_CASE("the driver table: no state is its own next, none is a dead end") {
  const char* expected[] = {
    // To: non_operational, available, reserved, stopped, on_trip,
    // non_contactable.
    ".1....", // non_operational
    "1.1..1", // available
    "11.1.1", // reserved
    "111.11", // stopped
    "111..1", // on_trip
    "11111.", // non_contactable
  };
  for (std::size_t from = 0; from < driver_phase_count; ++from)
    for (std::size_t to = 0; to < driver_phase_count; ++to) {
      CAPTURE(from);
      CAPTURE(to);
      CHECK(
        may_move(static_cast<driver_phase>(from), static_cast<driver_phase>(to))
        == (expected[from][to] == '1'));
    }
}

TEST_CASE("values outside an enum move nothing and print no wrong name") {
  CHECK_FALSE(
    may_move(static_cast<trip_phase>(9), trip_phase::matching, cause::system));
  CHECK_FALSE(may_move(trip_phase::matching, static_cast<trip_phase>(200),
                       cause::system));
  CHECK_FALSE(may_move(trip_phase::requested, trip_phase::matching,
                       static_cast<cause>(9)));
  CHECK_FALSE(may_move(static_cast<driver_phase>(6), driver_phase::available));
  CHECK(to_string(static_cast<trip_phase>(9)) == "?9");
}

TEST_CASE_TEMPLATE("enum names come back", T, trip_phase, cause, driver_phase,
                   service_class, offer_outcome) {
  std::set<std::string> seen;
  for (int i = 0;; ++i) {
    T back{};
    auto name = to_string(static_cast<T>(i));
    if (!parse(name, back)) {
      CHECK(i >= 4);
      break;
    }
    CHECK(static_cast<int>(back) == i);
    CHECK(seen.insert(name).second);
  }
  T out{};
  CHECK_FALSE(parse("", out));
  CHECK_FALSE(parse("Cancelled", out));
}

TEST_CASE("facts exist for every error and close code") {
  for (std::size_t i = 0; i < error_code_count; ++i) {
    const auto& x = facts(static_cast<error_code>(i));
    CHECK(x.sentence.back() == '.');
    if (x.http >= 500 || x.http == 429)
      CHECK(x.temporary);
  }
  CHECK(facts(error_code::illegal_transition).code
        == "trip.illegal_transition");
  CHECK(facts(error_code::store_unavailable).code == "store.unavailable");
  CHECK(facts(static_cast<error_code>(250)).code == "system.internal");
  CHECK(facts(close_code::replaced).client_action == "stop");
  CHECK(facts(close_code::slow_client).client_action == "resume");
  CHECK(facts(close_code::slow_client).code == close_code::slow_client);
}
