#include "actors/trip/trip_state.hpp"

#include "actors/trip/trip_figures.hpp"
#include "actors/trip/trip_steps.hpp"
#include "protocol/json/writer.hpp"

#include <spdlog/spdlog.h>

#include <array>

namespace hansom {

std::string to_string(trip_deadline x) {
  constexpr std::array names = {"none",  "want",  "match",  "offer",  "silent",
                                "stall", "retry", "linger", "abandon"};
  return names.at(static_cast<std::size_t>(x));
}

void trip_state::init(caf::scheduled_actor* me, runtime* node, entity_ref who,
                      const activation& with) {
  begin(me, node, who);
  remember(with, record_);
  record_.trip = trip_id{who.id};
  watch_.begin(node->now());
  trace_.init(node->spans(), &node->rides(), who);
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
  observe(before);
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
    unwant();
  arm();
}

/// Figures and spans of a durable step.
void trip_state::observe(const trip_record& before) {
  count_step(rt_->rides(), before, record_);
  auto taken =
    offer_ && has_driver(record_.phase) && record_.driver == offer_->driver;
  trace_.offer_ends(taken ? offer_outcome::accepted : ends_as_, rt_->now());
  ends_as_ = offer_outcome::withdrawn;
  if (!is_waiting(record_.phase))
    trace_.search_ends(record_);
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
  trace_.search_begins(x.from.trace);
  commit(std::move(what), x.from, [this, x](const store::result& why) {
    if (why.what == store::outcome::claim_lost)
      gate.refuse(x.from, why.lost.kind == store::claim_kind::quote
                            ? error_code::quote_used
                            : error_code::rider_busy);
    else if (why.what != store::outcome::duplicate_command)
      rt_->refuse(x.from, error_code::store_unavailable);
    open_failed said{record_.trip, {}};
    if (why.what == store::outcome::duplicate_command
        && why.first_entity.kind == entity_kind::trip)
      said.opened_before = trip_id{why.first_entity.id};
    rt_->send(x.rider, said);
    leaving_ = true;
  });
}

// -- the console; leaving -----------------------------------------------------

void trip_state::report(probe& p) const {
  auto code = static_cast<std::uint8_t>(static_cast<int>(record_.phase) + 1);
  // The pickup's cell takes longer to find than all the rest, and stays.
  auto below = p.parent();
  if (below.id == 0 && record_.rev != 0)
    below = cell();
  p.show(code, below);
  p.carry(record_.rider, record_.driver);
}

std::string trip_state::describe() const {
  std::string out = "{\"record\":" + encode(record_) + ",\"offered_to\":";
  json::append(out, offer_ ? offer_->driver : driver_id{});
  out += ",\"driven_m\":";
  json::append(out, watch_.driven_m());
  out += ',';
  describe_waiting(out);
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
