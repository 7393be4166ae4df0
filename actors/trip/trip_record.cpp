#include "actors/trip/trip_record.hpp"

#include "actors/stored_record.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <variant>

namespace hansom {

namespace {

/// Where an event leads, or where the trip stays.
struct phase_after {
  trip_phase now;

  trip_phase operator()(const trip_requested&) const {
    return trip_phase::matching;
  }
  trip_phase operator()(const offer_closed&) const {
    return trip_phase::matching;
  }
  trip_phase operator()(const trip_assigned&) const {
    return trip_phase::assigned;
  }
  trip_phase operator()(const driver_released&) const {
    return trip_phase::matching;
  }
  trip_phase operator()(const driver_arrived&) const {
    return trip_phase::arrived;
  }
  trip_phase operator()(const trip_started&) const {
    return trip_phase::on_trip;
  }
  trip_phase operator()(const trip_completed&) const {
    return trip_phase::completed;
  }
  trip_phase operator()(const trip_cancelled&) const {
    return trip_phase::cancelled;
  }
  trip_phase operator()(const trip_expired&) const {
    return trip_phase::expired;
  }
  trip_phase operator()(const trip_promoted&) const {
    return now;
  }
  trip_phase operator()(const trip_rated&) const {
    return now;
  }
};

/// What the table of phases cannot say, because it does not know the record.
struct fits {
  const trip_record& x;

  bool operator()(const trip_requested&) const {
    return x.rev == 0;
  }
  bool operator()(const offer_closed& e) const {
    return e.outcome != offer_outcome::accepted;
  }
  bool operator()(const trip_promoted&) const {
    return x.phase == trip_phase::assigned && x.queued;
  }
  bool operator()(const driver_released& e) const {
    return e.driver == x.driver;
  }
  bool operator()(const driver_arrived&) const {
    return !x.queued;
  }
  bool operator()(const trip_rated& e) const {
    if (x.phase != trip_phase::completed || e.stars < 1 || e.stars > 5)
      return false;
    return (e.by == cause::rider && x.stars_by_rider == 0)
           || (e.by == cause::driver && x.stars_by_driver == 0);
  }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

void close_for(trip_record& x, driver_id driver) {
  auto& closed = x.closed_offers;
  if (!driver
      || std::find(closed.begin(), closed.end(), driver) != closed.end())
    return;
  if (closed.size() >= closed_offers_max)
    closed.erase(closed.begin());
  closed.push_back(driver);
}

/// Takes the fields of an event over; phase and rev are the caller's.
struct take_in {
  trip_record& x;

  void operator()(const trip_requested& e) const {
    x.rider = e.rider;
    x.pickup = e.pickup;
    x.dropoff = e.dropoff;
    x.service = e.service;
    x.quote = e.quote;
    x.fare = e.fare;
    x.fee = {0, e.fare.unit};
    x.surge_milli = e.surge_milli;
    x.distance_m = e.distance_m;
    x.duration_s = e.duration_s;
    x.requested_at = e.at;
    x.matching_since = e.at;
  }
  void operator()(const offer_closed& e) const {
    close_for(x, e.driver);
  }
  void operator()(const trip_assigned& e) const {
    x.driver = e.driver;
    x.vehicle = e.vehicle;
    x.queued = e.queued;
    x.eta_s = e.eta_s;
    x.assigned_at = e.at;
  }
  void operator()(const trip_promoted&) const {
    x.queued = false;
  }
  void operator()(const driver_released& e) const {
    close_for(x, e.driver);
    x.driver = {};
    x.vehicle = caf::none;
    x.queued = false;
    x.eta_s = 0;
    x.assigned_at = {};
    x.arrived_at = {};
    x.matching_since = e.at;
  }
  void operator()(const driver_arrived& e) const {
    x.arrived_at = e.at;
    x.eta_s = 0;
  }
  void operator()(const trip_started& e) const {
    x.started_at = e.at;
  }
  void operator()(const trip_completed& e) const {
    x.ended_at = e.at;
    x.fare = e.fare;
    x.distance_m = e.distance_m;
    x.duration_s = e.duration_s;
    if (e.by == cause::driver)
      return; // As it should be: nothing to be said.
    x.ended_by = e.by;
    x.reason = e.reason;
  }
  void operator()(const trip_cancelled& e) const {
    end(e.at, e.by, e.reason);
    x.fee = e.fee;
  }
  void operator()(const trip_expired& e) const {
    end(e.at, cause::system, e.reason);
  }
  void operator()(const trip_rated& e) const {
    (e.by == cause::rider ? x.stars_by_rider : x.stars_by_driver) = e.stars;
  }

  void end(timestamp at, cause by, const std::string& reason) const {
    x.ended_at = at;
    x.ended_by = by;
    x.reason = reason;
    x.queued = false;
    x.eta_s = 0;
  }
};

struct find_cause {
  cause operator()(const offer_closed& e) const {
    return e.outcome == offer_outcome::declined ? cause::driver : cause::system;
  }
  cause operator()(const driver_released& e) const {
    return e.by;
  }
  cause operator()(const trip_cancelled& e) const {
    return e.by;
  }
  cause operator()(const trip_rated& e) const {
    return e.by;
  }
  cause operator()(const trip_assigned&) const {
    return cause::driver;
  }
  cause operator()(const driver_arrived&) const {
    return cause::driver;
  }
  cause operator()(const trip_started&) const {
    return cause::driver;
  }
  cause operator()(const trip_completed& e) const {
    return e.by;
  }
  template <class Other>
  cause operator()(const Other&) const {
    return cause::system;
  }
};

} // namespace

cause cause_of(const trip_event& x) noexcept {
  return std::visit(find_cause{}, x);
}

bool apply(trip_record& x, trip_event event) {
  auto is_request = std::holds_alternative<trip_requested>(event);
  if (is_request != (x.rev == 0) || !std::visit(fits{x}, event))
    return false;
  auto from = x.phase;
  if (from == trip_phase::matching
      && (std::holds_alternative<offer_closed>(event)
          || std::holds_alternative<trip_assigned>(event)))
    from = trip_phase::offered;
  auto to = std::visit(phase_after{from}, event);
  if (to != from && !may_move(from, to, cause_of(event)))
    return false;
  // The same phase again, as in a second `trip_started`, is no move either.
  if (to == from && !std::holds_alternative<trip_promoted>(event)
      && !std::holds_alternative<trip_rated>(event))
    return false;
  std::visit(take_in{x}, event);
  x.phase = to;
  x.changed_at = std::visit([](const auto& e) { return e.at; }, event);
  ++x.rev;
  return true;
}

bool mark_offered(trip_record& x) noexcept {
  if (x.phase != trip_phase::matching)
    return false;
  x.phase = trip_phase::offered;
  return true;
}

bool unmark_offered(trip_record& x) noexcept {
  if (x.phase != trip_phase::offered)
    return false;
  x.phase = trip_phase::matching;
  return true;
}

trip_view view_of(const trip_record& x) {
  trip_view v;
  v.trip = x.trip;
  v.rev = x.rev;
  v.phase = x.phase;
  v.service = x.service;
  v.pickup = x.pickup;
  v.dropoff = x.dropoff;
  v.fare = x.phase == trip_phase::cancelled ? x.fee : x.fare;
  v.surge_milli = x.surge_milli;
  v.rider = x.rider;
  v.driver = x.driver;
  v.vehicle = x.vehicle;
  v.eta_s = x.phase == trip_phase::assigned ? x.eta_s : 0;
  v.queued = x.queued;
  v.ended_by = x.ended_by;
  v.reason = x.reason;
  v.requested_at = x.requested_at;
  v.changed_at = x.changed_at;
  return v;
}

receipt_view receipt_of(const trip_record& x) {
  return {x.trip, x.fare, x.distance_m, x.duration_s, x.ended_at};
}

std::string encode(const trip_record& x) {
  std::string out;
  out.reserve(768);
  json::append(out, x);
  return out;
}

bool decode(std::string_view text, trip_record& out, std::string& why) {
  return decode_stored(text, out, why);
}

} // namespace hansom
