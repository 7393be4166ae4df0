/// A driver's trips, and what cells and clients see of him.

#include "actors/cell/cell_cover.hpp"
#include "actors/driver/driver_state.hpp"
#include "protocol/server_frames.hpp"

namespace hansom {

namespace {

/// A queued trip that does not answer is called again.
constexpr milliseconds call_again_after{1000};

std::uint8_t class_bits(const std::vector<service_class>& xs) {
  unsigned bits = 0;
  for (auto x : xs)
    bits |= 1U << static_cast<unsigned>(x);
  return static_cast<std::uint8_t>(bits == 0 ? 1 : bits);
}

} // namespace

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
  questions_.take(x.trip);
  if (offer_ && offer_->view.trip == x.trip)
    forget_offer();
  (x.queued ? queued_ : present_) = held_trip{x.trip, x};
  deadlines_.clear(driver_deadline::idle);
  if (!x.queued)
    deadlines_.clear(driver_deadline::turn);
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  if (!known)
    push_trip(x);
  welcome();
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
  auto asked = questions_.take(x.view.trip);
  if (!mine)
    return answer(x, asked);
  nearly_ = caf::none;
  push_trip(x.view);
  if (x.receipt)
    sessions_.push(*rt_, delivery::event, json::frame("receipt", *x.receipt));
  sessions_.follow(*rt_, present_ ? present_->trip : trip_id{});
  if (!has_trip())
    free_since_ = rt_->now();
  if (queued_ && !present_)
    call_queued();
  welcome();
  show();
  rest();
  gate.mail([this] { end_shift_after_trip(); });
}

/// A client believes that he has this trip. He hears its end if he drove it;
/// who was never assigned, or was released, has no business with it.
void driver_state::answer(const trip_for_driver& x,
                          const std::vector<session_ref>& asked) {
  if (x.view.driver != id() || !is_terminal(x.view.phase))
    return;
  for (auto& who : asked) {
    sessions_.push_to(*rt_, who, json::frame("trip", x.view));
    if (x.receipt)
      sessions_.push_to(*rt_, who, json::frame("receipt", *x.receipt));
  }
}

void driver_state::believed(const believed_trip& x) {
  for (auto* held : {&present_, &queued_})
    if (*held && (*held)->trip == x.trip)
      return; // It tells of itself.
  if (!questions_.add(x.session, x.trip))
    return rt_->drops().count(drop_reason::gate_full);
  rt_->send(x.trip, tell_again{me_});
  set(driver_deadline::question, rt_->now() + questions_.patience());
}

void driver_state::ask_again() {
  for (auto trip : questions_.again())
    rt_->send(trip, tell_again{me_});
  if (!questions_.empty())
    set(driver_deadline::question, rt_->now() + questions_.patience());
}

void driver_state::call_queued() {
  if (!queued_ || present_)
    return;
  rt_->send(queued_->trip, your_turn{id()});
  set(driver_deadline::turn, rt_->now() + call_again_after);
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

} // namespace hansom
