#include "actors/driver/driver_state.hpp"

#include "protocol/json/writer.hpp"

#include <array>

namespace hansom {

std::string to_string(driver_deadline x) {
  constexpr std::array names = {"none", "offer",   "grace", "shift",
                                "turn", "welcome", "idle",  "question"};
  return names.at(static_cast<std::size_t>(x));
}

void driver_state::init(caf::scheduled_actor* me, runtime* node, entity_ref who,
                        const activation& with) {
  begin(me, node, who);
  remember(with, record_);
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
    set(driver_deadline::grace, rt_->now() + rt_->config().connection_grace);
  if (queued_ && !present_)
    call_queued();
  else if (record_.ending && !has_trip())
    gate.mail([this] { end_shift_after_trip(); });
}

// -- time; the console; leaving -----------------------------------------------

void driver_state::rang(const alarm_rang& x) {
  if (x.token == 0)
    return resume();
  ring([this](driver_deadline what) { reached(what); });
}

void driver_state::reached(driver_deadline what) {
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
    return welcome();
  case driver_deadline::idle:
    return put_away();
  case driver_deadline::question:
    return ask_again();
  default:
    return;
  }
}

void driver_state::rest() {
  rest_if(sessions_.empty() && !has_trip() && !offer_);
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

void driver_state::report(probe& p) const {
  auto code = static_cast<std::uint8_t>(static_cast<int>(phase()) + 1);
  p.show(code,
         present_ ? entity_ref{present_->trip} : entity_ref{presence_.cell()});
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
  describe_waiting(out);
  out += '}';
  return out;
}

} // namespace hansom
