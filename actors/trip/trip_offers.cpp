/// The one offer of a trip that is out.

#include "actors/trip/trip_state.hpp"

namespace hansom {

void trip_state::held(const offer_held& x) {
  gate.mail([this, x] {
    auto again = offer_ && offer_->driver == x.driver;
    if (!again && !offer_trip(record_, x.driver)) {
      rt_->drops().count(drop_reason::stale_offer);
      if (record_.driver != x.driver)
        tell_driver(x.driver, driver_part::withdrawn);
      return;
    }
    mark_offered(record_);
    if (!again)
      trace_.offer_begins(x.driver, record_.matching_since, rt_->now(),
                          record_.closed_offers.empty());
    offer_ = live_offer{x.driver, x.offered_at, x.eta_s, x.queued};
    arm();
  });
}

void trip_state::taken(const offer_taken& x) {
  gate.command(x.from, [this, x] { taken_now(x); });
}

void trip_state::taken_now(const offer_taken& x) {
  // Whether it is his second trip he knows best, and only now.
  if (offer_ && offer_->driver == x.driver)
    offer_->queued = x.queued;
  auto what = accept_offer(record_, offer_, x.driver, x.vehicle, rt_->now(),
                           rt_->config());
  if (!what) {
    gate.refuse(x.from, what.error, what.why);
    auto his = has_driver(record_.phase) && record_.driver == x.driver;
    tell_driver(x.driver, his ? driver_part::yours : driver_part::withdrawn);
    return;
  }
  commit(std::move(what), x.from,
         [this, x](const store::result& why) { not_taken(x, why); });
}

void trip_state::not_taken(const offer_taken& x, const store::result& why) {
  switch (why.what) {
  case store::outcome::duplicate_command:
    return;
  case store::outcome::claim_lost:
    gate.refuse(x.from, error_code::offer_gone);
    return drop_offer();
  default: // The offer stays open as long as its time runs.
    return rt_->refuse(x.from, error_code::store_unavailable);
  }
}

/// The offer ends without an event: its driver has been won by another trip.
void trip_state::drop_offer() {
  if (offer_)
    tell_driver(offer_->driver, driver_part::withdrawn);
  trace_.offer_ends(offer_outcome::withdrawn, rt_->now());
  offer_ = caf::none;
  closing_ = caf::none;
  unmark_offered(record_);
  // The revision has not risen: the cell takes a new wish as a new one only
  // when the old one is gone.
  want_anew();
  arm();
}

void trip_state::ended(const offer_ended& x) {
  if (x.from)
    gate.command(*x.from, [this, x] { ended_now(x); });
  else
    gate.mail([this, x] { ended_now(x); });
}

void trip_state::ended_now(const offer_ended& x) {
  auto what = close_offer(record_, offer_, x.driver, x.outcome, rt_->now());
  if (what)
    return close_offer_as(x.outcome,
                          x.from ? std::optional{*x.from} : std::nullopt);
  rt_->drops().count(drop_reason::stale_offer);
  if (x.from)
    gate.refuse(*x.from, what.error, what.why);
}

void trip_state::close_offer_as(offer_outcome outcome,
                                std::optional<client_ref> from) {
  auto what = close_offer(record_, offer_, offer_->driver, outcome, rt_->now());
  auto failed = [this, outcome, from](const store::result& why) {
    if (from && why.what != store::outcome::duplicate_command)
      rt_->refuse(*from, error_code::store_unavailable);
    // The driver has let go of the offer, whatever the store says.
    closing_ = outcome;
    retry_later();
  };
  ends_as_ = outcome;
  commit(std::move(what), std::move(from), std::move(failed));
}

} // namespace hansom
