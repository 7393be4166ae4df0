/// What happens to a trip without a command: by time, or by what others say.

#include "actors/trip/trip_state.hpp"
#include "actors/trip/trip_steps.hpp"

#include <utility>

namespace hansom {

namespace {

/// The driver's actor lets an offer time out; this much later we do it for him.
constexpr milliseconds offer_guard{5000};
constexpr milliseconds retry_after{1000};

} // namespace

void trip_state::turn(const your_turn& x) {
  promote_for_ = x.driver;
  gate.mail([this] { review(); });
}

void trip_state::lost(const driver_unreachable& x) {
  unreachable_ = x;
  gate.mail([this] { review(); });
}

/// Takes the one step that is due without anybody's command, if there is one.
void trip_state::review() {
  auto now = rt_->now();
  if (record_.rev == 0 || is_terminal(record_.phase))
    return;
  if (!review_search(now))
    review_driver(now);
}

bool trip_state::review_search(timestamp now) {
  auto again = [this](const store::result&) { retry_later(); };
  if (offer_) {
    auto late =
      now >= offer_->offered_at + rt_->config().offer_timeout + offer_guard;
    if (closing_ || late)
      close_offer_as(closing_ ? *closing_ : offer_outcome::timed_out, {});
    return true;
  }
  if (record_.phase != trip_phase::matching)
    return false;
  if (auto what = expire(record_, now, rt_->config()))
    commit(std::move(what), {}, again);
  return true;
}

bool trip_state::review_driver(timestamp now) {
  if (record_.phase == trip_phase::assigned)
    return review_approach(now);
  auto what = abandon(record_, watch_.heard_at(), now, rt_->config());
  if (!what)
    return false;
  commit(std::move(what), {}, [this](const store::result&) { retry_later(); });
  return true;
}

/// Is the driver still on his way?
bool trip_state::review_approach(timestamp now) {
  auto again = [this](const store::result&) { retry_later(); };
  if (auto asked = std::exchange(promote_for_, {}))
    if (auto what = promote(record_, asked, now)) {
      commit(std::move(what), {}, [this, asked](const store::result&) {
        promote_for_ = asked;
        retry_later();
      });
      return true;
    }
  const char* reason = nullptr;
  if (unreachable_ && unreachable_->driver == record_.driver)
    reason = unreachable_->reason.c_str();
  else if (record_.queued)
    return false; // He drives somebody else and is watched there.
  else if (now >= watch_.silent_at(rt_->config()))
    reason = "silent";
  else if (now >= watch_.stalled_at(rt_->config()))
    reason = "stalled";
  if (!reason)
    return false;
  if (auto what = release(record_, record_.driver, reason, now))
    commit(std::move(what), {}, again);
  return true;
}

void trip_state::retry_later() {
  set(trip_deadline::retry, rt_->now() + retry_after);
}

void trip_state::rang(const alarm_rang& x) {
  if (x.token == 0)
    return resume();
  ring([this](trip_deadline what) { reached(what); });
}

void trip_state::reached(trip_deadline what) {
  if (what == trip_deadline::linger) {
    leaving_ = true;
  } else if (what == trip_deadline::want) {
    if (record_.phase == trip_phase::matching)
      want();
    if (is_waiting(record_.phase))
      set(what, rt_->now() + rt_->config().want_again);
  } else {
    gate.mail([this] {
      review();
      arm_driver();
    });
  }
}

/// Back in memory: everybody is told, every deadline runs again.
void trip_state::resume() {
  if (record_.rev == 0 || offer_)
    return;
  arm();
  if (is_terminal(record_.phase))
    return;
  tell_rider();
  if (has_driver(record_.phase))
    return tell_driver(record_.driver, driver_part::yours);
  want_anew();
}

void trip_state::arm() {
  using d = trip_deadline;
  auto now = rt_->now();
  auto& config = rt_->config();
  for (auto x : {d::want, d::match, d::offer, d::silent, d::stall, d::abandon})
    deadlines_.clear(x);
  if (record_.rev == 0)
    return;
  if (is_waiting(record_.phase)) {
    set(d::want, now + config.want_again);
    if (offer_)
      set(d::offer, offer_->offered_at + config.offer_timeout + offer_guard);
    else
      set(d::match, record_.matching_since + config.match_timeout);
  } else if (is_terminal(record_.phase)) {
    set(d::linger, now + config.trip_linger);
  }
  arm_driver();
}

void trip_state::arm_driver() {
  if (record_.phase == trip_phase::arrived
      || record_.phase == trip_phase::on_trip)
    return set(trip_deadline::abandon,
               watch_.heard_at() + rt_->config().trip_abandoned);
  if (record_.phase != trip_phase::assigned || record_.queued)
    return;
  set(trip_deadline::silent, watch_.silent_at(rt_->config()));
  set(trip_deadline::stall, watch_.stalled_at(rt_->config()));
}

} // namespace hansom
