#include "actors/trip/trip_state.hpp"

#include "actors/cell/cell_cover.hpp"
#include "actors/trip/trip_steps.hpp"
#include "protocol/json_writer.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <stdexcept>

namespace hansom {

namespace {

/// The driver's actor lets an offer time out; this much later we do it for him.
constexpr milliseconds offer_guard{5000};
constexpr milliseconds retry_after{1000};
constexpr milliseconds near_every{1000};
/// A new estimate of the drop-off is news when it differs by so much.
constexpr milliseconds free_news{30'000};

} // namespace

std::string to_string(trip_deadline x) {
  constexpr std::array names = {"none",  "want",  "match",  "offer",  "silent",
                                "stall", "retry", "linger", "abandon"};
  return names.at(static_cast<std::size_t>(x));
}

void trip_state::init(caf::scheduled_actor* me, runtime* node, entity_ref who,
                      const activation& with) {
  self_ = me;
  rt_ = node;
  me_ = who;
  gate.init(me, node, who);
  std::string why;
  if (with.state && !decode(with.state->state, record_, why))
    throw std::runtime_error{"stored state of " + to_string(who) + ": " + why};
  record_.trip = trip_id{who.id};
  watch_.begin(node->now());
  if (record_.phase == trip_phase::on_trip)
    watch_.begin_track();
}

// -- the way into the journal -------------------------------------------------

void trip_state::commit(decision what, std::optional<client_ref> from,
                        failure failed) {
  auto next = record_;
  for (auto& event : what.events)
    if (!apply(next, event)) {
      spdlog::error("{}: the rule allows {} in {}, the fold does not",
                    to_string(me_), event_name(event),
                    to_string(record_.phase));
      if (from)
        rt_->refuse(*from, error_code::internal);
      return;
    }
  commit_gate::step step;
  step.what = to_write(record_, next, what.events, rt_->config());
  step.from = std::move(from);
  step.urgent = is_urgent(what.events);
  step.done = [this, next = std::move(next)] { committed(next); };
  step.failed = std::move(failed);
  gate.commit(std::move(step));
}

void trip_state::committed(const trip_record& next) {
  auto before = std::exchange(record_, next);
  auto had_driver = has_driver(before.phase);
  auto kept =
    had_driver && has_driver(record_.phase) && record_.driver == before.driver;
  if (had_driver && !kept)
    tell_driver(before.driver, driver_part::over);
  if (offer_
      && (!has_driver(record_.phase) || record_.driver != offer_->driver))
    tell_driver(offer_->driver, driver_part::withdrawn);
  offer_ = caf::none;
  closing_ = caf::none;
  if (has_driver(record_.phase)) {
    if (!kept || before.queued != record_.queued)
      watch_.begin(rt_->now());
    if (before.phase == trip_phase::arrived
        && record_.phase == trip_phase::on_trip)
      watch_.begin_track();
    tell_driver(record_.driver, driver_part::yours);
  }
  if (before.phase != record_.phase || !is_terminal(record_.phase))
    tell_rider();
  if (is_waiting(record_.phase))
    want();
  else if (is_waiting(before.phase))
    unwant(has_driver(record_.phase));
  arm();
}

void trip_state::run_command(const client_ref& from, rule decide) {
  if (from.client == entity_ref{record_.driver})
    watch_.hear(rt_->now());
  gate.command(from, [this, from, decide = std::move(decide)] {
    if (record_.rev == 0)
      return gate.refuse(from, error_code::no_such_trip);
    auto what = decide();
    if (!what)
      return gate.refuse(from, what.error, what.why);
    commit(std::move(what), from, [this, from](const store::result& x) {
      if (x.what != store::outcome::duplicate_command)
        rt_->refuse(from, error_code::store_unavailable);
    });
  });
}

// -- opening ------------------------------------------------------------------

void trip_state::open(const open_trip& x) {
  gate.command(x.from, [this, x] { open_now(x); });
}

void trip_state::open_now(const open_trip& x) {
  auto what = request_trip(record_, {rt_->now(), x.rider, x.pickup, x.dropoff,
                                     x.service, x.quote, x.fare, x.surge_milli,
                                     x.distance_m, x.duration_s});
  if (!what)
    return gate.refuse(x.from, what.error, what.why);
  commit(std::move(what), x.from, [this, x](const store::result& why) {
    if (why.what == store::outcome::claim_lost)
      gate.refuse(x.from, why.lost.kind == store::claim_kind::quote
                            ? error_code::quote_used
                            : error_code::rider_busy);
    else if (why.what != store::outcome::duplicate_command)
      rt_->refuse(x.from, error_code::store_unavailable);
    rt_->send(x.rider, open_failed{record_.trip});
    leaving_ = true;
  });
}

// -- offers -------------------------------------------------------------------

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
  offer_ = caf::none;
  closing_ = caf::none;
  unmark_offered(record_);
  // The revision has not risen: the cell takes a new wish as a new one only
  // when the old one is gone.
  unwant(false);
  want();
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
  commit(std::move(what), std::move(from), std::move(failed));
}

// -- commands of the trip's own parties ---------------------------------------

namespace {

driver_id driver_of(const client_ref& x) {
  return {x.client.kind == entity_kind::driver ? x.client.id : 0};
}

party party_of(const client_ref& x) {
  return x.client.kind == entity_kind::driver ? party{driver_id{x.client.id}}
                                              : party{rider_id{x.client.id}};
}

} // namespace

void trip_state::command(const client_ref& from, const trip_arrived& x) {
  run_command(from, [this, from, said = x.at] {
    auto now = rt_->now();
    auto sight = watch_.sight(now, rt_->config());
    sight.at = watch_.place(said, now, rt_->config());
    return arrive(record_, driver_of(from), sight, now, rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_start&) {
  run_command(
    from, [this, from] { return start(record_, driver_of(from), rt_->now()); });
}

void trip_state::command(const client_ref& from, const trip_complete&) {
  run_command(from, [this, from] {
    return complete(record_, driver_of(from), watch_.driven_m(), rt_->now());
  });
}

void trip_state::command(const client_ref& from, const trip_cancel& x) {
  run_command(from, [this, from, reason = x.reason] {
    auto now = rt_->now();
    return cancel(record_, party_of(from), reason ? *reason : std::string{},
                  watch_.sight(now, rt_->config()), now, rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_no_show&) {
  run_command(from, [this, from] {
    return no_show(record_, driver_of(from), rt_->now(), rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_rate& x) {
  run_command(from, [this, from, x] {
    return rate(record_, party_of(from), x.stars, x.comment, rt_->now());
  });
}

void trip_state::command(const client_ref& from, const trip_end& x) {
  run_command(from, [this, x] { return end_trip(record_, x, rt_->now()); });
}

// -- what happens without a command -------------------------------------------

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
  deadlines_.set(*rt_, me_, trip_deadline::retry, rt_->now() + retry_after);
}

void trip_state::rang(const alarm_rang& x) {
  if (x.token == 0)
    return resume();
  auto what = static_cast<trip_deadline>(x.token);
  if (x.token >= deadlines_.size || !deadlines_.rang(*rt_, me_, what))
    return;
  if (what == trip_deadline::linger) {
    leaving_ = true;
  } else if (what == trip_deadline::want) {
    if (record_.phase == trip_phase::matching)
      want();
    if (is_waiting(record_.phase))
      deadlines_.set(*rt_, me_, what, rt_->now() + rt_->config().want_again);
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
  unwant(false);
  want();
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
    deadlines_.set(*rt_, me_, d::want, now + config.want_again);
    if (offer_)
      deadlines_.set(*rt_, me_, d::offer,
                     offer_->offered_at + config.offer_timeout + offer_guard);
    else
      deadlines_.set(*rt_, me_, d::match,
                     record_.matching_since + config.match_timeout);
  } else if (is_terminal(record_.phase)) {
    deadlines_.set(*rt_, me_, d::linger, now + config.trip_linger);
  }
  arm_driver();
}

void trip_state::arm_driver() {
  if (record_.phase == trip_phase::arrived
      || record_.phase == trip_phase::on_trip)
    return deadlines_.set(*rt_, me_, trip_deadline::abandon,
                          watch_.heard_at() + rt_->config().trip_abandoned);
  if (record_.phase != trip_phase::assigned || record_.queued)
    return;
  deadlines_.set(*rt_, me_, trip_deadline::silent,
                 watch_.silent_at(rt_->config()));
  deadlines_.set(*rt_, me_, trip_deadline::stall,
                 watch_.stalled_at(rt_->config()));
}

// -- positions ----------------------------------------------------------------

void trip_state::seen(const trip_position& x) {
  if (!has_driver(record_.phase) || x.driver != record_.driver)
    return;
  watch_.see(x, record_, rt_->eta(), rt_->now(), rt_->config());
  if (x.track_only)
    return;
  arm_driver();
  tell_near(x);
}

void trip_state::tell_near(const trip_position& x) {
  auto now = rt_->now();
  if (now - near_told_at_ < near_every)
    return;
  near_told_at_ = now;
  auto left = seconds_to_go(x.at);
  rt_->send(record_.rider,
            driver_near{{record_.trip, x.at, x.heading_deg, left, x.time}});
  auto free_at = now + std::chrono::seconds{left};
  auto& config = rt_->config();
  if (record_.phase != trip_phase::on_trip
      || config.policy != match_policy::batch_forward
      || free_at - now > config.forward_within
      || (free_told_ && free_at - free_told_ < free_news
          && free_told_ - free_at < free_news))
    return;
  free_told_ = free_at;
  rt_->send(record_.driver,
            nearly_free{record_.trip, record_.dropoff, free_at});
}

std::uint32_t trip_state::seconds_to_go(geo_point from) const {
  if (record_.phase == trip_phase::arrived)
    return 0;
  auto to =
    record_.phase == trip_phase::on_trip ? record_.dropoff : record_.pickup;
  return rt_->eta().seconds(from, to, rt_->now());
}

// -- telling ------------------------------------------------------------------

void trip_state::tell(const tell_again& x) {
  gate.mail([this, x] {
    if (record_.rev == 0)
      return;
    if (x.who == entity_ref{record_.rider})
      return tell_rider();
    if (x.who.kind != entity_kind::driver)
      return;
    driver_id who{x.who.id};
    if (has_driver(record_.phase) && record_.driver == who)
      tell_driver(who, driver_part::yours);
    else if (!offer_ || offer_->driver != who)
      tell_driver(who, driver_part::over);
  });
}

void trip_state::tell_rider() {
  trip_for_rider x;
  x.view = view();
  if (record_.phase == trip_phase::completed)
    x.receipt = receipt_of(record_);
  rt_->send(record_.rider, std::move(x));
}

void trip_state::tell_driver(driver_id to, driver_part part) {
  trip_for_driver x;
  x.part = part;
  x.view = view();
  if (record_.phase == trip_phase::completed && part == driver_part::over)
    x.receipt = receipt_of(record_);
  rt_->send(to, std::move(x));
}

/// Clients see what is durable; an offer is not.
trip_view trip_state::view() const {
  auto x = view_of(record_);
  if (x.phase == trip_phase::offered)
    x.phase = trip_phase::matching;
  return x;
}

cell_id trip_state::cell() const {
  return cell_of(record_.pickup, rt_->config().cell_level);
}

void trip_state::want() {
  rt_->send_urgent(cell(),
                   want_driver{record_.trip, record_.rider, record_.pickup,
                               record_.dropoff, record_.service, record_.fare,
                               record_.requested_at, record_.rev,
                               record_.closed_offers});
}

void trip_state::unwant(bool matched) {
  rt_->send_urgent(cell(), unwant_driver{record_.trip, matched});
}

// -- the console; leaving -----------------------------------------------------

std::string trip_state::describe() const {
  std::string out = "{\"record\":" + encode(record_) + ",\"offered_to\":";
  json::append(out, offer_ ? offer_->driver : driver_id{});
  out += ",\"driven_m\":";
  json::append(out, watch_.driven_m());
  out += ',';
  gate.describe(out);
  out += ",\"deadlines_ms\":";
  deadlines_.describe(out, rt_->now());
  out += '}';
  return out;
}

void trip_state::put_away() {
  if (record_.rev == 0 || is_terminal(record_.phase))
    leaving_ = true;
}

void trip_state::leave_if_done() {
  if ((leaving_ || gate.lost()) && gate.quiet() && rt_->retire(me_))
    self_->quit();
}

} // namespace hansom
