#include "actors/interfaces.hpp"
#include "actors/runtime/kind_description.hpp"

#include <stdexcept>

/// What each kind of actor says of itself to the console. State names are in
/// the order of the codes that its `report` shows.

namespace hansom {

namespace {

using namespace std::chrono_literals;

kind_description driver_kind() {
  kind_description x;
  x.kind = entity_kind::driver;
  x.what = "One per driver: his shift, the one offer he holds, his trips.";
  x.states = {"asleep",  "non_operational", "available",      "reserved",
              "stopped", "on_trip",         "non_contactable"};
  x.messages = rules_of<driver_actor>();
  x.personal = {"vehicle", "tags", "comment", "reason"};
  return x;
}

kind_description rider_kind() {
  kind_description x;
  x.kind = entity_kind::rider;
  x.what = "One per rider: has he a trip, what is his client shown.";
  x.states = {"asleep", "idle", "requesting", "riding"};
  x.messages = rules_of<rider_actor>();
  x.personal = {"vehicle", "tags", "comment", "reason", "quote"};
  return x;
}

kind_description trip_kind() {
  kind_description x;
  x.kind = entity_kind::trip;
  x.what = "One per ride: its phase, its price, its one driver.";
  x.states = {"asleep",  "requested", "matching",  "offered",   "assigned",
              "arrived", "on_trip",   "completed", "cancelled", "expired"};
  x.messages = rules_of<trip_actor>();
  x.history = 16;
  x.personal = {"vehicle", "tags", "comment", "reason", "quote"};
  return x;
}

kind_description cell_kind() {
  kind_description x;
  x.kind = entity_kind::cell;
  x.what = "A piece of the city: pairs its drivers and requests, sets surge.";
  x.states = {"asleep", "quiet", "waiting", "matching"};
  // These may pair a whole batch.
  x.messages = rules_of<cell_actor>({{"alarm_rang", 1000ms},
                                     {"want_driver", 1000ms},
                                     {"driver_status", 1000ms},
                                     {"proposal_answer", 1000ms},
                                     {"lend", 1000ms},
                                     {"borrow", 500ms}});
  x.backlog_max = 5000;
  x.history = 256;
  return x;
}

} // namespace

const std::vector<kind_description>& actor_kinds() {
  static const std::vector<kind_description> kinds{driver_kind(), rider_kind(),
                                                   trip_kind(), cell_kind()};
  return kinds;
}

const kind_description& describe_kind(entity_kind kind) {
  for (auto& x : actor_kinds())
    if (x.kind == kind)
      return x;
  throw std::logic_error{"an entity of no kind"};
}

} // namespace hansom
