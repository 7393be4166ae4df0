#pragma once

#include "actors/dispatch_config.hpp"
#include "actors/messages.hpp"
#include "actors/trip/trip_record.hpp"
#include "protocol/errors.hpp"

#include <string>
#include <vector>

/// What a command does to a trip. Each rule looks at the record and returns an
/// error or the events to commit; it changes nothing. After the commit, `apply`
/// folds the events in. A rule that returns events never returns one that
/// `apply` refuses.
namespace hansom {

/// Longest reason that operations may give for ending a trip, in bytes.
inline constexpr std::size_t end_reason_max = 200;

/// What a rule decided.
struct decision {
  error_code error = error_code::none;
  std::string why; ///< For people: the present state, what would be right.
  std::vector<trip_event> events;

  explicit operator bool() const noexcept {
    return error == error_code::none;
  }
};

/// Who asks.
struct party {
  cause by = cause::system;
  std::uint64_t id = 0;

  constexpr party(driver_id x) : by{cause::driver}, id{x.value} {
  }
  constexpr party(rider_id x) : by{cause::rider}, id{x.value} {
  }
  constexpr explicit party(cause x) : by{x} {
  }
};

/// What the trip's actor has seen of the driver, which is not durable.
struct driver_sight {
  caf::optional<geo_point> at; ///< His last accepted position.
  bool progressing = true;     ///< Comes nearer to the pickup, or is there.
};

/// The offer that is out, if one is.
struct live_offer {
  driver_id driver;
  timestamp offered_at;
  std::uint32_t eta_s = 0;
  bool queued = false;
};

/// The first event of a trip; `illegal_transition` for the second.
decision request_trip(const trip_record& x, const trip_requested& what);

/// May this driver hold an offer now? No events: offers are not durable.
/// Refuses a driver in `closed_offers` with `offer_gone`.
decision offer_trip(const trip_record& x, driver_id driver);

/// The driver takes the offer. `no_such_offer` when it is not his, `offer_gone`
/// when he answers after `offer_timeout` or the trip went elsewhere.
decision accept_offer(const trip_record& x,
                      const caf::optional<live_offer>& offer, driver_id driver,
                      const caf::optional<std::string>& vehicle, timestamp now,
                      const dispatch_config& config);

/// Declined, timed out, driver lost. `no_such_offer` when it is not his.
decision close_offer(const trip_record& x,
                     const caf::optional<live_offer>& offer, driver_id driver,
                     offer_outcome outcome, timestamp now);

/// The queued trip's turn: the driver's earlier trip is over.
decision promote(const trip_record& x, driver_id driver, timestamp now);

/// `too_far` when the driver is farther from the pickup than
/// `arrived_within_m`, `position_unknown` when nobody knows where he is.
decision arrive(const trip_record& x, driver_id driver,
                const driver_sight& sight, timestamp now,
                const dispatch_config& config);

decision start(const trip_record& x, driver_id driver, timestamp now);

/// By the driver; operations have `end_trip`.
/// @param driven_m from accepted positions; 0 keeps the estimate.
decision complete(const trip_record& x, party who, std::uint32_t driven_m,
                  timestamp now);

/// Cancelling. A driver on his way or at the pickup gives the trip back: it is
/// searched again, and the event is `driver_released`. Everybody else ends it.
/// A rider pays the fee after `free_cancel`, unless the driver does not
/// progress. `not_your_trip` for strangers; operations have `end_trip`.
decision cancel(const trip_record& x, party who, std::string reason,
                const driver_sight& sight, timestamp now,
                const dispatch_config& config);

/// `too_early` before `pickup_wait` has passed since the arrival.
decision no_show(const trip_record& x, driver_id driver, timestamp now,
                 const dispatch_config& config);

/// Re-dispatch by the system: stalled, silent, shift_lost. The driver loses the
/// trip; the rider keeps trip and price.
decision release(const trip_record& x, driver_id driver, std::string reason,
                 timestamp now);

/// Operations end a trip whose driver does not: cancelled in any open phase,
/// free of charge; completed once the driver has arrived, for the fare that was
/// promised. The distance and time on that bill are the estimates: nobody knows
/// when the ride was over. `out_of_range` without a reason and a name.
decision end_trip(const trip_record& x, const trip_end& what, timestamp now);

/// Nothing has been heard of a driver at the pickup or under way for
/// `trip_abandoned`: cancelled, free of charge, since nobody confirms that
/// there was a ride. `too_early` before.
/// @param heard_at when the driver was last heard of.
decision abandon(const trip_record& x, timestamp heard_at, timestamp now,
                 const dispatch_config& config);

/// Matching gives up. `too_early` before `match_timeout`.
decision expire(const trip_record& x, timestamp now,
                const dispatch_config& config);

/// Rating after completion, once for each side; `out_of_range` beside 1 to 5.
decision rate(const trip_record& x, party who, std::uint8_t stars,
              const caf::optional<std::string>& comment, timestamp now);

} // namespace hansom
