/// A driver's clients, his shift.

#include "actors/driver/driver_state.hpp"
#include "protocol/json/writer.hpp"

#include <spdlog/spdlog.h>

namespace hansom {

namespace {

/// A trip that has not answered is asked again: it may be on its way to another
/// node.
constexpr milliseconds ask_trip_every{1000};
/// The store is asked again to end a shift.
constexpr milliseconds ask_again_after{1000};

} // namespace

// -- sessions -----------------------------------------------------------------

void driver_state::came(const attach& x) {
  sessions_.attach(*rt_, x);
  contactable_ = true;
  deadlines_.clear(driver_deadline::grace);
  deadlines_.clear(driver_deadline::idle);
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  welcome();
  show();
}

/// The client's first picture is the full truth: it waits for the trips of a
/// driver who has just been loaded, as long as it takes. A picture without them
/// would say that they are over; the gateway sends away whoever waits too long.
void driver_state::welcome() {
  auto missing = [](auto& x) { return x && !x->view; };
  if (!sessions_.has_unwelcomed())
    return;
  if (missing(present_) || missing(queued_)) {
    set(driver_deadline::welcome, rt_->now() + ask_trip_every);
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
  questions_.forget(x.session);
  if (!sessions_.detach(x.session) || !sessions_.empty())
    return;
  // The shift and the trip can wait for him; an offer cannot.
  if (offer_ && !offer_->answered) {
    // Kept for his return: he must not think that he still holds it.
    push_withdrawn(offer_->view.trip, offer_outcome::driver_lost);
    end_offer(offer_outcome::driver_lost, {});
  }
  set(driver_deadline::grace, rt_->now() + rt_->config().connection_grace);
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
  commit(shift_ended{rt_->now(), cause::system}, {},
         [this] { set(driver_deadline::shift, rt_->now() + ask_again_after); });
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

} // namespace hansom
