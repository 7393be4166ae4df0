/// The one offer that a driver holds.

#include "actors/driver/driver_state.hpp"
#include "protocol/server_frames.hpp"

#include <algorithm>

namespace hansom {

namespace {

/// After the time of an accepted offer, the trip has this long to answer.
constexpr milliseconds answer_within{10'000};

} // namespace

/// With a trip, he may take a second one from near its end.
bool driver_state::may_queue() const {
  return present_ && present_->view && !queued_ && nearly_
         && nearly_->trip == present_->trip
         && rt_->config().policy == match_policy::batch_forward;
}

proposal_verdict driver_state::judge(const offer_proposal& x) const {
  if (!record_.on_shift || record_.ending)
    return proposal_verdict::off_shift;
  if (sessions_.empty() || sessions_.has_unwelcomed())
    return proposal_verdict::no_session;
  if (offer_ && offer_->view.trip == x.trip && offer_->cell == x.cell)
    return proposal_verdict::held; // The cell has asked twice.
  // A shift that is about to end takes no more.
  if (offer_ || !gate.idle() || (has_trip() && !may_queue()))
    return proposal_verdict::not_free;
  return proposal_verdict::held;
}

void driver_state::proposed(const offer_proposal& x) {
  auto verdict = judge(x);
  if (verdict != proposal_verdict::held)
    rt_->send_urgent(x.cell, proposal_answer{x.trip, id(), verdict});
  else if (!offer_)
    hold(x);
}

void driver_state::hold(const offer_proposal& x) {
  auto now = rt_->now();
  auto until = now + rt_->config().offer_timeout;
  auto queued = static_cast<bool>(present_);
  offer_ = held_offer{{x.trip, x.pickup, x.dropoff, x.service, x.fare, x.eta_s,
                       x.distance_m, until, queued},
                      x.cell,
                      now};
  rt_->send(x.trip, offer_held{id(), now, x.eta_s, queued});
  sessions_.push(*rt_, delivery::event, json::frame("offer", offer_->view));
  set(driver_deadline::offer, until);
  show();
}

void driver_state::command(const client_ref& from, const offer_accept& x) {
  if (!offer_ || offer_->view.trip != x.trip)
    return gate.refuse(from, why_no_offer(x.trip));
  offer_->answered = true;
  rt_->send(x.trip,
            offer_taken{from, id(), offer_->offered_at, offer_->view.eta_s,
                        static_cast<bool>(present_), record_.vehicle});
}

void driver_state::command(const client_ref& from, const offer_decline& x) {
  if (!offer_ || offer_->view.trip != x.trip)
    return gate.refuse(from, why_no_offer(x.trip));
  if (offer_->answered) // The trip decides which of his words was first.
    return rt_->send(x.trip, offer_ended{id(), offer_->offered_at,
                                         offer_outcome::declined, from});
  end_offer(offer_outcome::declined, from);
  show();
}

error_code driver_state::why_no_offer(trip_id trip) const {
  auto held = std::find(ended_offers_.begin(), ended_offers_.end(), trip);
  return trip && held != ended_offers_.end() ? error_code::offer_gone
                                             : error_code::no_such_offer;
}

/// Whatever becomes of it, he holds the offer no longer.
void driver_state::forget_offer() {
  ended_offers_.at(ended_offers_next_) = offer_->view.trip;
  ended_offers_next_ = (ended_offers_next_ + 1) % ended_offers_max;
  offer_ = caf::none;
  deadlines_.clear(driver_deadline::offer);
}

void driver_state::end_offer(offer_outcome outcome,
                             caf::optional<client_ref> from) {
  rt_->send(offer_->view.trip,
            offer_ended{id(), offer_->offered_at, outcome, std::move(from)});
  forget_offer();
}

void driver_state::offer_time_is_up() {
  if (!offer_)
    return;
  auto trip = offer_->view.trip;
  if (!offer_->answered) {
    end_offer(offer_outcome::timed_out, {});
    push_withdrawn(trip, offer_outcome::timed_out);
    return show();
  }
  // Accepted, but the trip is silent: a node has failed, or the store.
  if (rt_->now() >= offer_->view.expires_at + answer_within) {
    withdraw(trip, offer_outcome::withdrawn);
    return;
  }
  rt_->send(
    trip, offer_ended{id(), offer_->offered_at, offer_outcome::timed_out, {}});
  rt_->send(trip, tell_again{me_});
  set(driver_deadline::offer, offer_->view.expires_at + answer_within);
}

void driver_state::push_withdrawn(trip_id trip, offer_outcome outcome) {
  sessions_.push(
    *rt_, delivery::event,
    json::frame("offer.withdrawn", offer_withdrawn_view{trip, outcome}));
}

/// The offer that he holds is gone.
void driver_state::withdraw(trip_id trip, offer_outcome outcome) {
  if (!offer_ || offer_->view.trip != trip)
    return;
  forget_offer();
  push_withdrawn(trip, outcome);
  show();
  gate.mail([this] { end_shift_after_trip(); });
}

} // namespace hansom
