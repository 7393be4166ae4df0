#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>

using namespace hansom;
using namespace hansom::testing;

namespace {

std::uint64_t handled(ride_fixture& x, entity_ref who) {
  auto watch = x.node().entities().watch_of(who);
  REQUIRE(watch);
  return watch->handled.load();
}

} // namespace

/// What a ride costs is mostly messages between actors. Whoever adds one shall
/// notice; README.md says what they are.
TEST_CASE_FIXTURE(ride_fixture, "a ride takes so many messages and no more") {
  connect(ann);
  go_on_shift(dan);
  auto driver = handled(*this, dan);
  auto rider = handled(*this, ann);
  auto cells = stand_ins->all.size();
  auto writes = stats->writes.load();
  auto alarms = node().pending_alarms();

  auto trip = ask_for_ride(ann);
  auto watch = node().entities().watch_of(trip);
  offer(dan, trip);
  say(dan, "y", offer_accept{trip});
  say(dan, "a", trip_arrived{trip, times_square});
  say(dan, "s", trip_start{trip});
  say(dan, "c", trip_complete{trip});

  CHECK(handled(*this, ann) - rider == 6);
  CHECK(handled(*this, dan) - driver == 6);
  CHECK(watch->handled == 11);
  CHECK(stand_ins->all.size() - cells == 4);
  CHECK(stats->writes - writes == 5);
  // One alarm for each of the three, whatever they wait for.
  CHECK(node().pending_alarms() - alarms == 3);
  advance(70s);
  CHECK_FALSE(node().entities().find(trip));
  CHECK(watch->handled == 13);
  // One for the ride, one that was out before: they might have been idle.
  CHECK(handled(*this, ann) - rider == 8);
  CHECK(handled(*this, dan) - driver == 8);
}
