#include "actors/trip/trip_rules.hpp"

#include <algorithm>
#include <utility>

namespace hansom {

namespace {

decision refuse(error_code error, std::string why) {
  return {error, std::move(why), {}};
}

decision one(trip_event event) {
  decision d;
  d.events.push_back(std::move(event));
  return d;
}

decision illegal(const trip_record& x, const char* what, const char* right) {
  return refuse(error_code::illegal_transition,
                std::string{"cannot "} + what + ": the trip is "
                  + to_string(x.phase) + ", it would have to be " + right);
}

decision stranger() {
  return refuse(error_code::not_your_trip, "this trip is somebody else's");
}

bool is_driver_of(const trip_record& x, driver_id driver) {
  return driver && x.driver == driver;
}

std::string seconds_text(milliseconds x) {
  return std::to_string((x.count() + 999) / 1000) + " s";
}

bool searching(const trip_record& x) {
  return x.phase == trip_phase::matching || x.phase == trip_phase::offered;
}

bool waiting_for_pickup(const trip_record& x) {
  return x.phase == trip_phase::assigned || x.phase == trip_phase::arrived;
}

/// May the party cancel at all, whatever the phase?
bool is_party(const trip_record& x, party who) {
  switch (who.by) {
  case cause::rider:
    return who.id != 0 && x.rider.value == who.id;
  case cause::driver:
    return who.id != 0 && x.driver.value == who.id;
  case cause::system:
    return true;
  case cause::operations:
    break; // Only with a name and a reason: `end_trip`.
  }
  return false;
}

bool under_way(const trip_record& x) {
  return x.phase == trip_phase::arrived || x.phase == trip_phase::on_trip;
}

/// What cancelling costs a rider now.
money fee_of_cancelling(const trip_record& x, const driver_sight& sight,
                        timestamp now, const dispatch_config& config) {
  if (!waiting_for_pickup(x))
    return {0, x.fare.unit};
  // A driver who still serves another trip is not on his way; one who waits
  // at the pickup has done his part.
  auto coming =
    x.phase == trip_phase::arrived || (!x.queued && sight.progressing);
  return cancellation_fee(config.fares, x.fare, now - x.assigned_at,
                          config.free_cancel, coming);
}

} // namespace

decision request_trip(const trip_record& x, const trip_requested& what) {
  if (x.rev != 0)
    return illegal(x, "request the trip again", "new");
  return one(what);
}

decision offer_trip(const trip_record& x, driver_id driver) {
  if (x.phase != trip_phase::matching)
    return illegal(x, "offer the trip", "matching");
  const auto& closed = x.closed_offers;
  if (std::find(closed.begin(), closed.end(), driver) != closed.end())
    return refuse(error_code::offer_gone,
                  "this driver has had the trip on offer before");
  return {};
}

decision accept_offer(const trip_record& x,
                      const caf::optional<live_offer>& offer, driver_id driver,
                      const caf::optional<std::string>& vehicle, timestamp now,
                      const dispatch_config& config) {
  if (!searching(x))
    return refuse(error_code::offer_gone,
                  "the trip is " + to_string(x.phase) + " meanwhile");
  if (!offer || offer->driver != driver)
    return refuse(error_code::no_such_offer,
                  "no offer of this trip to this driver is open");
  if (now > offer->offered_at + config.offer_timeout)
    return refuse(error_code::offer_gone, "the offer was open for "
                                            + seconds_text(config.offer_timeout)
                                            + " and that time is over");
  return one(trip_assigned{now, driver, offer->offered_at, offer->eta_s,
                           offer->queued, vehicle});
}

decision close_offer(const trip_record& x,
                     const caf::optional<live_offer>& offer, driver_id driver,
                     offer_outcome outcome, timestamp now) {
  if (!searching(x))
    return refuse(error_code::offer_gone,
                  "the trip is " + to_string(x.phase) + " meanwhile");
  if (!offer || offer->driver != driver || outcome == offer_outcome::accepted)
    return refuse(error_code::no_such_offer,
                  "no offer of this trip to this driver is open");
  return one(offer_closed{now, driver, offer->offered_at, outcome});
}

decision promote(const trip_record& x, driver_id driver, timestamp now) {
  if (!is_driver_of(x, driver))
    return stranger();
  if (x.phase != trip_phase::assigned || !x.queued)
    return illegal(x, "move the trip up", "assigned and queued");
  return one(trip_promoted{now});
}

decision arrive(const trip_record& x, driver_id driver,
                const driver_sight& sight, timestamp now,
                const dispatch_config& config) {
  if (!is_driver_of(x, driver))
    return stranger();
  if (x.phase != trip_phase::assigned)
    return illegal(x, "arrive", "assigned");
  if (x.queued)
    return refuse(error_code::illegal_transition,
                  "cannot arrive: the driver has an earlier trip to finish");
  if (config.arrived_within_m > 0) {
    if (!sight.at)
      return refuse(error_code::position_unknown,
                    "no position of the driver is known yet: report one, or "
                    "say in \"at\" where he is");
    auto away = static_cast<std::int64_t>(distance_m(*sight.at, x.pickup));
    if (away > config.arrived_within_m)
      return refuse(error_code::too_far,
                    "the last position is " + std::to_string(away)
                      + " m from the pickup, at most "
                      + std::to_string(config.arrived_within_m)
                      + " m would do");
  }
  return one(driver_arrived{now});
}

decision start(const trip_record& x, driver_id driver, timestamp now) {
  if (!is_driver_of(x, driver))
    return stranger();
  if (x.phase != trip_phase::arrived)
    return illegal(x, "start", "arrived");
  return one(trip_started{now});
}

decision complete(const trip_record& x, party who, std::uint32_t driven_m,
                  timestamp now) {
  if (who.by != cause::driver || !is_party(x, who))
    return stranger();
  if (x.phase != trip_phase::on_trip)
    return illegal(x, "complete", "on_trip");
  auto ms = std::clamp<std::int64_t>((now - x.started_at).count(), 0,
                                     std::int64_t{0xffff'ffff} * 1000);
  return one(trip_completed{now, x.fare,
                            driven_m != 0 ? driven_m : x.distance_m,
                            static_cast<std::uint32_t>(ms / 1000),
                            cause::driver, caf::none, caf::none});
}

decision cancel(const trip_record& x, party who, std::string reason,
                const driver_sight& sight, timestamp now,
                const dispatch_config& config) {
  if (!is_party(x, who))
    return stranger();
  if (who.by == cause::driver && waiting_for_pickup(x))
    return one(
      driver_released{now, x.driver, cause::driver,
                      reason.empty() ? "driver_cancelled" : std::move(reason)});
  if (x.rev == 0 || !may_move(x.phase, trip_phase::cancelled, who.by))
    return illegal(x, "cancel",
                   who.by == cause::rider ? "not yet under way and not over"
                                          : "open");
  auto fee = who.by == cause::rider ? fee_of_cancelling(x, sight, now, config)
                                    : money{0, x.fare.unit};
  if (reason.empty())
    reason = to_string(who.by) + "_cancelled";
  return one(trip_cancelled{now, who.by, std::move(reason), fee, caf::none});
}

decision no_show(const trip_record& x, driver_id driver, timestamp now,
                 const dispatch_config& config) {
  if (!is_driver_of(x, driver))
    return stranger();
  if (x.phase != trip_phase::arrived)
    return illegal(x, "report a no-show", "arrived");
  auto left = config.pickup_wait - (now - x.arrived_at);
  if (left.count() > 0)
    return refuse(error_code::too_early,
                  "the rider may still come for " + seconds_text(left));
  return one(trip_cancelled{now, cause::driver, "no_show",
                            no_show_fee(config.fares, x.fare), caf::none});
}

decision release(const trip_record& x, driver_id driver, std::string reason,
                 timestamp now) {
  if (!is_driver_of(x, driver))
    return stranger();
  if (!waiting_for_pickup(x))
    return illegal(x, "replace the driver", "assigned or arrived");
  return one(driver_released{now, driver, cause::system, std::move(reason)});
}

decision end_trip(const trip_record& x, const trip_end& what, timestamp now) {
  if (what.reason.empty() || what.reason.size() > end_reason_max)
    return refuse(error_code::out_of_range,
                  "reason: 1 to " + std::to_string(end_reason_max)
                    + " bytes, found " + std::to_string(what.reason.size()));
  if (what.operator_name.empty())
    return refuse(error_code::out_of_range, "nobody's name stands for this");
  switch (what.as) {
  case trip_phase::cancelled:
    if (!may_move(x.phase, what.as, cause::operations))
      return illegal(x, "cancel", "open");
    return one(trip_cancelled{now, cause::operations, what.reason,
                              money{0, x.fare.unit}, what.operator_name});
  case trip_phase::completed:
    if (!under_way(x))
      return illegal(x, "complete", "arrived or on_trip");
    return one(trip_completed{now, x.fare, x.distance_m, x.duration_s,
                              cause::operations, what.reason,
                              what.operator_name});
  default:
    return refuse(error_code::out_of_range,
                  "a trip ends as cancelled or completed, not as "
                    + to_string(what.as));
  }
}

decision abandon(const trip_record& x, timestamp heard_at, timestamp now,
                 const dispatch_config& config) {
  if (!under_way(x))
    return illegal(x, "give the driver up", "arrived or on_trip");
  auto left = config.trip_abandoned - (now - heard_at);
  if (left.count() > 0)
    return refuse(error_code::too_early,
                  "the driver may be heard of for " + seconds_text(left));
  return one(trip_cancelled{now, cause::system, "abandoned",
                            money{0, x.fare.unit}, caf::none});
}

decision expire(const trip_record& x, timestamp now,
                const dispatch_config& config) {
  if (!searching(x))
    return illegal(x, "give up the search", "matching or offered");
  auto left = config.match_timeout - (now - x.matching_since);
  if (left.count() > 0)
    return refuse(error_code::too_early,
                  "the search goes on for " + seconds_text(left));
  return one(trip_expired{now, "no_driver"});
}

decision rate(const trip_record& x, party who, std::uint8_t stars,
              const caf::optional<std::string>& comment, timestamp now) {
  if ((who.by != cause::rider && who.by != cause::driver) || !is_party(x, who))
    return stranger();
  if (stars < 1 || stars > 5)
    return refuse(error_code::out_of_range,
                  "1 to 5 stars, found " + std::to_string(stars));
  if (x.phase != trip_phase::completed)
    return illegal(x, "rate", "completed");
  if ((who.by == cause::rider ? x.stars_by_rider : x.stars_by_driver) != 0)
    return refuse(error_code::illegal_transition,
                  "cannot rate: the trip has your rating already");
  return one(trip_rated{now, who.by, stars, comment});
}

} // namespace hansom
