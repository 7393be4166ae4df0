#include "bench/fleet/rider.hpp"

#include "bench/fleet/fleet.hpp"
#include "bench/fleet/trip_ledger.hpp"

#include <algorithm>

namespace hansom::fleet {

namespace {

constexpr std::uint8_t quotes_max = 5;
constexpr double hear_within_s = 5;
/// The end of a trip that he named in his hello has to be told within this.
constexpr double told_within_s = 15;

} // namespace

rider::rider(client_host& host, std::uint32_t link, rider_id id,
             random_stream random)
  : client{host, link, id, random}, minute_s_{random_.between(0, 60)} {
}

void rider::take(const ride_wish& wish) {
  wish_ = wish;
  quotes_ = 0;
  early_end_ = {};
  quote();
}

void rider::quote() {
  at_ = stage::quoting;
  ++quotes_;
  ask(command::quote, quote_ask{wish_.pickup, wish_.dropoff, {}});
}

void rider::be_free() {
  at_ = stage::idle;
  cancel_s_ = never;
  doubt_s_ = never;
  probe_s_ = never;
  last_ = trip_;
  trip_ = {};
  host_.rider_free(link());
}

// -- what he hears ------------------------------------------------------------

void rider::on_state(const server_frame& frame) {
  doubt_s_ = never;
  const auto& view = frame.rider->trip;
  if (view)
    judge_view(*view, true);
  if (view && !is_terminal(view->phase)) {
    if (at_ == stage::riding && trip_ != view->trip)
      broken("two rides", "the full state has trip " + to_string(view->trip)
                            + ", trip " + to_string(trip_) + " has not ended");
    if (at_ == stage::idle || at_ == stage::riding)
      ride(view->trip);
    return;
  }
  if (view && view->trip == trip_)
    return ended(*view);
  // The full truth does not know his ride, so it is over, and its end is told
  // next: his hello named it. Or it is lost.
  if (at_ == stage::riding && probe_s_ == never)
    probe_s_ = host_.now() + told_within_s;
}

void rider::on_push(const server_frame& frame) {
  if (frame.view)
    take_view(*frame.view);
}

void rider::take_view(const trip_view& view) {
  doubt_s_ = never;
  if (is_terminal(view.phase)) {
    if (view.trip == trip_)
      ended(view);
    else if (at_ == stage::requesting)
      early_end_ = view.trip; // Heard before its acknowledgement.
    return;
  }
  if (at_ == stage::riding && view.trip != trip_)
    broken("two rides", "trip " + to_string(view.trip)
                          + " goes on besides trip " + to_string(trip_));
  if (at_ == stage::idle && view.trip == last_)
    broken("two rides",
           "trip " + to_string(view.trip) + " goes on after its end");
}

void rider::ended(const trip_view& view) {
  if (view.phase == trip_phase::completed
      && random_.happens(host_.options->rate))
    ask(
      command::rate,
      trip_rate{view.trip, static_cast<std::uint8_t>(1 + random_.below(5)), {}},
      view.trip);
  be_free();
}

void rider::ride(trip_id trip) {
  at_ = stage::riding;
  probe_s_ = never;
  trip_ = trip;
}

void rider::on_answer(const pending& asked, const server_frame& frame) {
  const bool fine = frame.kind != frame_kind::error;
  switch (asked.what) {
  case command::quote:
    if (!fine || !frame.quote)
      return refused(asked, frame);
    at_ = stage::requesting;
    ask(command::request, trip_request{frame.quote->quote});
    return;
  case command::request:
    if (!fine)
      return refused(asked, frame);
    if (!frame.trip)
      return broken("I4", "a request acknowledged without its trip");
    host_.ledger->acknowledged(frame.trip, id(), asked.first_s);
    ride(frame.trip);
    if (early_end_ == frame.trip)
      return be_free();
    // The answer to a repetition: his ride may have ended while he was away.
    if (asked.tries > 1)
      doubt_s_ = host_.now() + hear_within_s;
    if (happens(host_.options->chaos.rider_cancel))
      cancel_s_ =
        host_.now() + random_.between(1, 300) / host_.options->compression;
    return;
  case command::probe:
    if (frame.code == "trip.unknown") {
      broken("I4", "trip " + to_string(asked.trip)
                     + " was acknowledged, and is unknown now");
      host_.ledger->lost(asked.trip);
    } else {
      host_.ledger->over(asked.trip);
    }
    if (trip_ == asked.trip)
      be_free();
    return;
  default:
    return;
  }
}

void rider::refused(const pending& asked, const server_frame& frame) {
  if (frame.code == "quote.used")
    // His alone, so it was this same request that used it.
    broken("I6", "command #" + std::to_string(asked.number)
                   + " took effect, and repeated it got quote.used");
  const bool another =
    frame.code == "quote.expired" && quotes_ < quotes_max && !host_.draining;
  if (another)
    return quote();
  ++host_.stats.gave_up;
  if (at_ != stage::riding)
    be_free();
}

// -- what he does -------------------------------------------------------------

double rider::agent_due() const {
  return std::min({cancel_s_, doubt_s_, probe_s_, minute_s_});
}

void rider::on_agent_time() {
  const double now = host_.now();
  if (now >= doubt_s_) {
    doubt_s_ = never;
    return start_over();
  }
  if (now >= cancel_s_) {
    cancel_s_ = never;
    if (at_ == stage::riding)
      ask(command::cancel, trip_cancel{trip_, std::string{"changed_mind"}},
          trip_);
  }
  if (now >= probe_s_) {
    // A rating makes the server say whether it knows the trip.
    probe_s_ = never;
    if (at_ == stage::riding && !waits_for(command::probe))
      ask(command::probe, trip_rate{trip_, 5, {}}, trip_);
  }
  if (now < minute_s_)
    return;
  minute_s_ = now + 60 / host_.options->compression;
  if (happens(host_.options->chaos.off_net))
    vanish();
}

} // namespace hansom::fleet
