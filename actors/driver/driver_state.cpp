#include "actors/driver/driver_state.hpp"

#include "actors/cell/cell_cover.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/server_frames.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hansom {

namespace {

constexpr milliseconds retry_after{1000};
/// A restarted trip answers within this, or the client is welcomed without.
constexpr milliseconds welcome_within{2000};
/// After the time of an accepted offer, the trip has this long to answer.
constexpr milliseconds answer_within{10'000};

std::uint8_t class_bits(const std::vector<service_class>& xs) {
  unsigned bits = 0;
  for (auto x : xs)
    bits |= 1U << static_cast<unsigned>(x);
  return static_cast<std::uint8_t>(bits == 0 ? 1 : bits);
}

} // namespace

std::string to_string(driver_deadline x) {
  constexpr std::array names = {"none", "offer",   "grace", "shift",
                                "turn", "welcome", "idle"};
  return names.at(static_cast<std::size_t>(x));
}

void driver_state::init(caf::scheduled_actor* me, runtime* node, entity_ref who,
                        const activation& with) {
  self_ = me;
  rt_ = node;
  me_ = who;
  gate.init(me, node, who);
  std::string why;
  if (with.state && !decode(with.state->state, record_, why))
    throw std::runtime_error{"stored state of " + to_string(who) + ": " + why};
  record_.driver = id();
  free_since_ = node->now();
  if (with.trip)
    present_ = held_trip{with.trip, {}};
  if (with.queued)
    queued_ = held_trip{with.queued, {}};
  rest();
}

/// Back in memory after a restart: trips say where they are, and the client has
/// the usual time to come back.
void driver_state::resume() {
  for (auto* x : {&present_, &queued_})
    if (*x && !(*x)->view)
      rt_->send((*x)->trip, tell_again{me_});
  if (sessions_.empty() && record_.on_shift)
    deadlines_.set(*rt_, me_, driver_deadline::grace,
                   rt_->now() + rt_->config().connection_grace);
  if (queued_ && !present_)
    call_queued();
  else if (record_.ending && !has_trip())
    gate.mail([this] { end_shift_after_trip(); });
}

// -- sessions -----------------------------------------------------------------

void driver_state::came(const attach& x) {
  sessions_.attach(*rt_, x);
  contactable_ = true;
  deadlines_.clear(driver_deadline::grace);
  deadlines_.clear(driver_deadline::idle);
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  welcome(false);
  show();
}

/// The client's first picture is the full truth: it waits for the trips of a
/// driver who has just been loaded.
void driver_state::welcome(bool at_once) {
  auto missing = [](auto& x) { return x && !x->view; };
  if (!sessions_.has_unwelcomed())
    return;
  if (!at_once && (missing(present_) || missing(queued_))) {
    if (!deadlines_.is_set(driver_deadline::welcome))
      deadlines_.set(*rt_, me_, driver_deadline::welcome,
                     rt_->now() + welcome_within);
    for (auto* x : {&present_, &queued_})
      if (missing(*x))
        rt_->send((*x)->trip, tell_again{me_});
    return;
  }
  deadlines_.clear(driver_deadline::welcome);
  std::string state;
  json::append(state, view());
  sessions_.welcome(*rt_, state);
}

void driver_state::went(const detach& x) {
  if (!sessions_.detach(x.session) || !sessions_.empty())
    return;
  // The shift and the trip can wait for him; an offer cannot.
  if (offer_ && !offer_->answered) {
    // Kept for his return: he must not think that he still holds it.
    push_withdrawn(offer_->view.trip, offer_outcome::driver_lost);
    end_offer(offer_outcome::driver_lost, {});
  }
  deadlines_.set(*rt_, me_, driver_deadline::grace,
                 rt_->now() + rt_->config().connection_grace);
  show();
}

void driver_state::grace_is_over() {
  if (!sessions_.empty())
    return;
  contactable_ = false;
  for (auto* x : {&present_, &queued_})
    if (*x)
      rt_->send((*x)->trip, driver_unreachable{id(), "connection_lost"});
  show();
  rest();
}

void driver_state::moved(const driver_moved& x) {
  place_ = x;
  show(true);
}

// -- the shift ----------------------------------------------------------------

void driver_state::command(const client_ref& from, const shift_start& x) {
  gate.command(from, [this, from, x] { start_shift(from, x); });
}

void driver_state::command(const client_ref& from, const shift_end&) {
  gate.command(from, [this, from] { end_shift(from); });
}

void driver_state::start_shift(const client_ref& from, const shift_start& x) {
  if (record_.on_shift)
    return gate.refuse(from, record_.ending ? error_code::shift_ends_after_trip
                                            : error_code::already_on_shift);
  shift_started event{rt_->now(), x.classes, x.vehicle};
  if (event.classes.empty())
    event.classes = {service_class::standard};
  commit(event, from, {});
}

void driver_state::end_shift(const client_ref& from) {
  if (!record_.on_shift)
    return gate.refuse(from, error_code::not_on_shift);
  if (record_.ending)
    return gate.refuse(from, error_code::shift_ends_after_trip);
  if (offer_ && !offer_->answered) {
    push_withdrawn(offer_->view.trip, offer_outcome::declined);
    end_offer(offer_outcome::driver_lost, {});
  }
  if (has_trip() || offer_)
    commit(shift_end_asked{rt_->now()}, from, {});
  else
    commit(shift_ended{rt_->now(), cause::driver}, from, {});
}

void driver_state::end_shift_after_trip() {
  if (!record_.on_shift || !record_.ending || has_trip() || offer_)
    return;
  commit(shift_ended{rt_->now(), cause::system}, {}, [this] {
    deadlines_.set(*rt_, me_, driver_deadline::shift, rt_->now() + retry_after);
  });
}

void driver_state::commit(driver_event event, std::optional<client_ref> from,
                          std::function<void()> failed) {
  auto next = record_;
  if (!apply(next, event)) {
    spdlog::error("{}: the fold refuses {}", to_string(me_), event_name(event));
    if (from)
      rt_->refuse(*from, error_code::internal);
    return;
  }
  commit_gate::step step;
  step.what.first_seq = record_.rev + 1;
  step.what.events = to_store(std::vector{event});
  step.what.state = encode(next);
  step.what.active = next.on_shift;
  step.from = from;
  step.urgent = false; // Presence: neither a trip nor money.
  step.done = [this, next = std::move(next)] {
    if (!record_.on_shift && next.on_shift)
      free_since_ = rt_->now();
    record_ = next;
    show();
    rest();
  };
  step.failed = [this, from,
                 failed = std::move(failed)](const store::result& x) {
    if (from && x.what != store::outcome::duplicate_command)
      rt_->refuse(*from, error_code::store_unavailable);
    if (failed)
      failed();
    show();
  };
  gate.commit(std::move(step));
  show();
}

// -- offers -------------------------------------------------------------------

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
  if (verdict == proposal_verdict::held && !offer_)
    hold(x);
  rt_->send_urgent(x.cell, proposal_answer{x.trip, id(), verdict});
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
  deadlines_.set(*rt_, me_, driver_deadline::offer, until);
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
  deadlines_.set(*rt_, me_, driver_deadline::offer,
                 offer_->view.expires_at + answer_within);
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

// -- trips --------------------------------------------------------------------

void driver_state::told(const trip_for_driver& x) {
  switch (x.part) {
  case driver_part::yours:
    return yours(x.view);
  case driver_part::withdrawn:
    return withdraw(x.view.trip, offer_outcome::withdrawn);
  case driver_part::over:
    return over(x);
  }
}

void driver_state::yours(const trip_view& x) {
  for (auto* mine : {&present_, &queued_})
    if (*mine && (*mine)->trip == x.trip && (*mine)->view
        && (*mine)->view->rev > x.rev)
      return; // Overtaken.
  auto known = false;
  for (auto* mine : {&present_, &queued_})
    if (*mine && (*mine)->trip == x.trip) {
      known = (*mine)->view && (*mine)->view->rev == x.rev;
      *mine = caf::none;
    }
  if (offer_ && offer_->view.trip == x.trip)
    forget_offer();
  (x.queued ? queued_ : present_) = held_trip{x.trip, x};
  deadlines_.clear(driver_deadline::idle);
  if (!x.queued)
    deadlines_.clear(driver_deadline::turn);
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  if (!known)
    push_trip(x);
  welcome(false);
  if (queued_ && !present_)
    call_queued();
  if (!contactable_)
    rt_->send(x.trip, driver_unreachable{id(), "connection_lost"});
  show();
}

/// A trip of his, or one that he believed to be his, has ended.
void driver_state::over(const trip_for_driver& x) {
  withdraw(x.view.trip, offer_outcome::withdrawn);
  auto mine = false;
  for (auto* held : {&present_, &queued_})
    if (*held && (*held)->trip == x.view.trip) {
      *held = caf::none;
      mine = true;
    }
  if (!mine)
    return;
  nearly_ = caf::none;
  push_trip(x.view);
  if (x.receipt)
    sessions_.push(*rt_, delivery::event, json::frame("receipt", *x.receipt));
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  if (!has_trip())
    free_since_ = rt_->now();
  if (queued_ && !present_)
    call_queued();
  welcome(false);
  show();
  rest();
  gate.mail([this] { end_shift_after_trip(); });
}

void driver_state::call_queued() {
  if (!queued_ || present_)
    return;
  rt_->send(queued_->trip, your_turn{id()});
  deadlines_.set(*rt_, me_, driver_deadline::turn, rt_->now() + retry_after);
}

void driver_state::nearly(const nearly_free& x) {
  if (!present_ || present_->trip != x.trip)
    return;
  nearly_ = x;
  show();
}

/// The price where he works. Only who is connected hears of it: the next change
/// makes it worthless.
void driver_state::priced(const surge_news& x) {
  sessions_.push(*rt_, delivery::latest,
                 json::frame("surge", surge_view{x.cell, x.surge_milli, x.at}));
}

void driver_state::push_trip(const trip_view& x) {
  sessions_.push(*rt_, delivery::event, json::frame("trip", x));
}

// -- what the cells see -------------------------------------------------------

driver_presence::wish driver_state::standing_now() const {
  driver_presence::wish x;
  if (!record_.on_shift || !contactable_ || !place_)
    return x;
  x.cell = place_->cell;
  x.at = place_->at;
  x.time = place_->time;
  x.classes = class_bits(record_.classes);
  x.free_since = free_since_;
  x.now = standing::busy;
  auto ready = !offer_ && !record_.ending && gate.idle() && !sessions_.empty();
  if (ready && !has_trip())
    x.now = standing::free;
  if (ready && may_queue()) {
    x.now = standing::soon_free;
    x.at = nearly_->dropoff;
    x.cell = cell_of(x.at, rt_->config().cell_level);
    x.free_at = nearly_->free_at;
  }
  return x;
}

void driver_state::show(bool refresh) {
  presence_.show(*rt_, id(), standing_now(), refresh);
}

driver_phase driver_state::phase() const {
  if (!record_.on_shift)
    return driver_phase::non_operational;
  if (!contactable_)
    return driver_phase::non_contactable;
  if (present_ && present_->view)
    switch (present_->view->phase) {
    case trip_phase::on_trip:
      return driver_phase::on_trip;
    case trip_phase::arrived:
      return driver_phase::stopped;
    default:
      return driver_phase::reserved;
    }
  return has_trip() || offer_ ? driver_phase::reserved
                              : driver_phase::available;
}

driver_view driver_state::view() const {
  driver_view x;
  x.driver = id();
  x.phase = phase();
  x.ends_after_trip = record_.ending;
  if (offer_ && !offer_->answered)
    x.offer = offer_->view;
  for (auto* held : {&present_, &queued_})
    if (*held && (*held)->view)
      x.trips.push_back(*(*held)->view);
  return x;
}

// -- time; the console; leaving -----------------------------------------------

void driver_state::rang(const alarm_rang& x) {
  if (x.token == 0)
    return resume();
  auto what = static_cast<driver_deadline>(x.token);
  if (x.token >= deadlines_.size || !deadlines_.rang(*rt_, me_, what))
    return;
  switch (what) {
  case driver_deadline::offer:
    return offer_time_is_up();
  case driver_deadline::grace:
    return grace_is_over();
  case driver_deadline::shift:
    return gate.mail([this] { end_shift_after_trip(); });
  case driver_deadline::turn:
    return call_queued();
  case driver_deadline::welcome:
    return welcome(true);
  default:
    return put_away();
  }
}

/// Nothing to do for now: leaves memory after a while.
void driver_state::rest() {
  if (sessions_.empty() && !has_trip() && !offer_
      && !deadlines_.is_set(driver_deadline::idle))
    deadlines_.set(*rt_, me_, driver_deadline::idle,
                   rt_->now() + rt_->config().entity_idle);
}

void driver_state::put_away() {
  leaving_ = true;
}

void driver_state::leave_if_done() {
  auto done = leaving_ && sessions_.empty() && !has_trip() && !offer_
              && !deadlines_.is_set(driver_deadline::grace);
  if (leaving_ && !done) {
    leaving_ = false; // Somebody came; the next silence counts anew.
    rest();
  }
  if ((!done && !gate.lost()) || !gate.quiet() || !rt_->retire(me_))
    return;
  presence_.show(*rt_, id(), {}, false);
  sessions_.close(*rt_, close_code::going_away);
  self_->quit();
}

std::string driver_state::describe() const {
  std::string out = "{\"record\":" + encode(record_) + ",\"view\":";
  json::append(out, view());
  out += ",\"standing\":";
  json::append(out, presence_.last());
  out += ",\"sessions\":";
  json::append(out, sessions_.size());
  out += ",\"contactable\":";
  json::append(out, contactable_);
  out += ",\"trip\":";
  json::append(out, present_ ? present_->trip : trip_id{});
  out += ",\"queued\":";
  json::append(out, queued_ ? queued_->trip : trip_id{});
  out += ',';
  gate.describe(out);
  out += ",\"deadlines_ms\":";
  deadlines_.describe(out, rt_->now());
  out += '}';
  return out;
}

} // namespace hansom
