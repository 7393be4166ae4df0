#include "actors/rider/rider_state.hpp"

#include "actors/cell/cell_cover.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/server_frames.hpp"

#include <array>

namespace hansom {

namespace {

/// A trip answers as soon as it is durable; after this we ask the store.
constexpr milliseconds answer_within{10'000};
/// A trip being opened delays a welcome for so long.
constexpr milliseconds welcome_within{2000};
/// A trip that has not answered is asked again: it may be on its way to another
/// node.
constexpr milliseconds ask_trip_every{1000};

/// @returns when a trip was asked for, by its id (see `make_trip_id`).
constexpr std::uint64_t second_of(trip_id x) noexcept {
  return x.value << 8 >> 34;
}

} // namespace

std::string to_string(rider_deadline x) {
  constexpr std::array names = {"none", "answer", "welcome", "idle",
                                "question"};
  return names.at(static_cast<std::size_t>(x));
}

void rider_state::init(caf::scheduled_actor* me, runtime* node, entity_ref who,
                       const activation& with) {
  begin(me, node, who);
  trip_ = with.trip;
  rest();
}

// -- sessions -----------------------------------------------------------------

void rider_state::came(const attach& x) {
  sessions_.attach(*rt_, x);
  deadlines_.clear(rider_deadline::idle);
  welcome(false);
}

/// The client's first picture is the full truth: it waits for the trip of a
/// rider who has just been loaded, as long as it takes, or whose trip is just
/// being opened. A picture without the trip would say that it is over; the
/// gateway sends away whoever waits too long.
void rider_state::welcome(bool at_once) {
  if (!sessions_.has_unwelcomed())
    return;
  if (trip_ && !view_) {
    set(rider_deadline::welcome, rt_->now() + ask_trip_every);
    rt_->send(trip_, tell_again{me_});
    return;
  }
  if (opening_ && !at_once) {
    if (!deadlines_.is_set(rider_deadline::welcome))
      set(rider_deadline::welcome, rt_->now() + welcome_within);
    return;
  }
  deadlines_.clear(rider_deadline::welcome);
  rider_view x{id(), view_};
  std::string state;
  json::append(state, x);
  sessions_.welcome(*rt_, state);
}

void rider_state::went(const detach& x) {
  sessions_.detach(x.session);
  questions_.forget(x.session);
  rest();
}

// -- trips that are over ------------------------------------------------------

void rider_state::believed(const believed_trip& x) {
  ask_about(x.session, x.trip);
}

/// The present trip tells of itself; one that is over has to be asked. It may
/// not be the rider's at all: only the trip knows, and it answers to its own.
void rider_state::ask_about(session_ref who, trip_id trip) {
  if (trip == trip_ || (opening_ && opening_->trip == trip))
    return;
  if (!questions_.add(who, trip))
    return rt_->drops().count(drop_reason::gate_full);
  rt_->send(trip, tell_again{me_});
  set(rider_deadline::question, rt_->now() + questions_.patience());
}

void rider_state::ask_again() {
  for (auto trip : questions_.again())
    rt_->send(trip, tell_again{me_});
  if (!questions_.empty())
    set(rider_deadline::question, rt_->now() + questions_.patience());
}

/// Those who asked hear the end of their trip; what others were shown, and the
/// present trip, stay as they are.
bool rider_state::answers(const trip_for_rider& x) {
  auto asked = questions_.take(x.view.trip);
  if (asked.empty() || x.view.trip == trip_ || !is_terminal(x.view.phase))
    return false;
  for (auto& who : asked) {
    sessions_.push_to(*rt_, who, json::frame("trip", x.view));
    if (x.receipt)
      sessions_.push_to(*rt_, who, json::frame("receipt", *x.receipt));
  }
  return true;
}

// -- asking for a ride --------------------------------------------------------

void rider_state::command(const client_ref& from, const trip_request& x) {
  if (!opening_)
    return open({from, x});
  if (waiting_.size() == requests_max) {
    rt_->drops().count(drop_reason::gate_full);
    return rt_->refuse(from, error_code::overloaded);
  }
  waiting_.push_back({from, x});
}

void rider_state::open(const request& x) {
  // Each refusal may answer a retry of the very request that made him busy.
  if (trip_)
    return refuse(x.from, error_code::rider_busy);
  quote_terms terms;
  auto verdict = rt_->quotes().verify(x.what.quote, id(), rt_->now(), terms);
  if (verdict != error_code::none)
    return refuse(x.from, verdict);
  auto cell = cell_of(terms.pickup, rt_->config().cell_level);
  auto trip = rt_->new_trip_id(shard_of(cell));
  opening_ = opening{x.from, trip};
  set(rider_deadline::answer, rt_->now() + answer_within);
  rt_->create(trip,
              open_trip{x.from, id(), terms.pickup, terms.dropoff,
                        terms.service, terms.quote, terms.fare,
                        terms.surge_milli, terms.distance_m, terms.duration_s});
}

/// A retry of a request that took effect is acknowledged once more; its trip
/// may have ended while the client was away.
void rider_state::refuse(const client_ref& from, error_code why) {
  gate.refuse(from, why, {}, [this, from](entity_ref done) {
    if (done.kind == entity_kind::trip)
      ask_about(from.session, trip_id{done.id});
  });
}

/// The trip is durable.
void rider_state::opened(trip_id trip) {
  trip_ = trip;
  view_ = caf::none;
  opening_ = caf::none;
  deadlines_.clear(rider_deadline::answer);
}

void rider_state::failed(const open_failed& x) {
  if (!opening_ || opening_->trip != x.trip)
    return;
  auto who = opening_->from.session;
  opening_ = caf::none;
  deadlines_.clear(rider_deadline::answer);
  if (x.opened_before)
    ask_about(who, x.opened_before);
  next_request();
}

void rider_state::next_request() {
  while (!opening_ && !waiting_.empty()) {
    auto x = std::move(waiting_.front());
    waiting_.pop_front();
    open(x);
  }
  welcome(false);
  rest();
}

/// The trip has not answered: its node is gone, perhaps after the commit.
void rider_state::ask_store() {
  if (!opening_)
    return;
  auto x = *opening_;
  gate.look_up(x.from, [this, x](const lookup_result& found) {
    if (!opening_ || opening_->trip != x.trip)
      return;
    if (found.unavailable) {
      set(rider_deadline::answer, rt_->now() + answer_within);
      return;
    }
    if (found.found) {
      rt_->reply(x.from, ack_of(found.entity, found.seq));
      opened(trip_id{found.entity.id});
      rt_->send(trip_, tell_again{me_});
    } else {
      rt_->refuse(x.from, error_code::unknown_outcome);
      opening_ = caf::none;
    }
    next_request();
  });
}

// -- what the trip says -------------------------------------------------------

void rider_state::told(const trip_for_rider& x) {
  if (answers(x))
    return;
  auto& view = x.view;
  auto older = view.trip == shown_trip_ && view.rev < shown_rev_;
  auto known = view.trip == shown_trip_ && view.rev == shown_rev_;
  // The present trip could not have begun before that one's end: the news is
  // late, as between nodes of which one has just begun to serve.
  auto past = trip_ && view.trip != trip_ && !is_terminal(view.phase)
              && second_of(view.trip) < second_of(trip_);
  if (older || past)
    return;
  shown_trip_ = view.trip;
  shown_rev_ = view.rev;
  if (opening_ && opening_->trip == view.trip)
    opened(view.trip);
  if (is_terminal(view.phase)) {
    if (trip_ == view.trip) {
      trip_ = {};
      view_ = caf::none;
    }
  } else {
    trip_ = view.trip;
    view_ = view;
    deadlines_.clear(rider_deadline::idle);
  }
  if (!known) {
    sessions_.push(*rt_, delivery::event, json::frame("trip", view));
    if (x.receipt)
      sessions_.push(*rt_, delivery::event, json::frame("receipt", *x.receipt));
  }
  next_request();
}

void rider_state::near(const driver_near& x) {
  if (x.view.trip == trip_)
    sessions_.push(*rt_, delivery::latest,
                   json::frame("driver.position", x.view));
}

// -- time; the console; leaving -----------------------------------------------

void rider_state::rang(const alarm_rang& x) {
  if (x.token == 0) {
    if (trip_ && !view_)
      rt_->send(trip_, tell_again{me_});
    return;
  }
  ring([this](rider_deadline what) { reached(what); });
}

void rider_state::reached(rider_deadline what) {
  switch (what) {
  case rider_deadline::answer:
    return ask_store();
  case rider_deadline::welcome:
    return welcome(true);
  case rider_deadline::idle:
    return put_away();
  case rider_deadline::question:
    return ask_again();
  default:
    return;
  }
}

void rider_state::rest() {
  rest_if(sessions_.empty() && !trip_ && !opening_);
}

void rider_state::put_away() {
  leaving_ = true;
}

void rider_state::leave_if_done() {
  if (!leaving_)
    return;
  if (!sessions_.empty() || trip_ || opening_ || !gate.quiet()) {
    leaving_ = false; // Somebody came; the next silence counts anew.
    return rest();
  }
  if (rt_->retire(me_))
    self_->quit();
}

void rider_state::report(probe& p) const {
  enum : std::uint8_t { idle = 1, requesting, riding }; // As in kinds.cpp.
  p.show(trip_      ? riding
         : opening_ ? requesting
                    : idle,
         trip_      ? trip_
         : opening_ ? opening_->trip
                    : trip_id{});
}

std::string rider_state::describe() const {
  std::string out = "{\"view\":";
  json::append(out, rider_view{id(), view_});
  out += ",\"trip\":";
  json::append(out, trip_);
  out += ",\"opening\":";
  json::append(out, opening_ ? opening_->trip : trip_id{});
  out += ",\"sessions\":";
  json::append(out, sessions_.size());
  out += ",\"waiting_requests\":";
  json::append(out, waiting_.size());
  out += ',';
  describe_waiting(out);
  out += '}';
  return out;
}

} // namespace hansom
