#include "bench/fleet/driver.hpp"

#include "bench/fleet/fleet.hpp"
#include "bench/fleet/road_graph.hpp"
#include "bench/fleet/trip_ledger.hpp"

#include <algorithm>

namespace hansom::fleet {

namespace {

/// No server takes more position frames for long.
constexpr double position_least_s = 0.25;
constexpr double near_m = 30;
constexpr double overlap_resolve_s = 10;
constexpr double after_refusal_s = 3;

} // namespace

driver::driver(client_host& host, std::uint32_t link, driver_id id,
               geo_point at, random_stream random)
  : client{host, link, id, random}, speed_m_s_{host.options->speed_m_s
                                               * random_.between(0.7, 1.3)} {
  mover_.place(at);
  target_ = at;
  moved_s_ = host.now();
}

// -- what he hears ------------------------------------------------------------

void driver::on_state(const server_frame& frame) {
  const auto& state = *frame.driver;
  on_shift_ = state.phase != driver_phase::non_operational;
  // What is not in the full truth is not so: rides and offers he believed in
  // are over.
  rides_.clear();
  overlap_ = {};
  offer_.reset();
  for (const auto& view : state.trips) {
    judge_view(view, true);
    if (has_driver(view.phase) && view.driver == id())
      hold(view);
  }
  judge_overlap(never);
  if (state.offer)
    take_offer(*state.offer);
  if (!on_shift_ && !waits_for(command::shift_start))
    ask(command::shift_start, shift_start{});
  position_s_ = std::min(position_s_, host_.now());
}

void driver::on_push(const server_frame& frame) {
  if (frame.offer)
    take_offer(*frame.offer);
  else if (frame.withdrawn && offer_
           && offer_->what.trip == frame.withdrawn->trip)
    offer_.reset();
  else if (frame.view)
    take_view(*frame.view);
}

void driver::take_offer(const offer_view& offer) {
  auto& stats = host_.stats;
  if (offer_ && offer_->what.trip == offer.trip)
    return;
  if (offer_ && offer_->to != mind::said
      && host_.wall_clock() < offer_->what.expires_at)
    broken("one live offer", "offered trip " + to_string(offer.trip)
                               + " while trip " + to_string(offer_->what.trip)
                               + " is still offered");
  ++stats.offers;
  host_.ledger->offered(offer.trip, host_.now());
  const auto& chaos = host_.options->chaos;
  auto& x = offer_.emplace();
  x.what = offer;
  x.to = happens(chaos.ignore)    ? mind::ignore
         : happens(chaos.decline) ? mind::decline
                                  : mind::accept;
  x.act_s = host_.now() + random_.between(1, 4) / host_.options->compression;
  if (x.to == mind::ignore) {
    ++stats.ignored;
    x.act_s = never;
  }
}

void driver::take_view(const trip_view& view) {
  if (offer_ && offer_->what.trip == view.trip)
    offer_.reset();
  if (has_driver(view.phase) && view.driver == id())
    hold(view);
  else
    let_go(view);
  judge_overlap(host_.now());
}

void driver::hold(const trip_view& view) {
  auto known = std::find_if(rides_.begin(), rides_.end(),
                            [&](const auto& x) { return x.trip == view.trip; });
  if (known != rides_.end()) {
    if (known->phase != view.phase)
      board_s_ = never;
    *known = view;
    return;
  }
  rides_.push_back(view);
  board_s_ = never;
  cancel_s_ = never;
  if (view.phase == trip_phase::assigned
      && happens(host_.options->chaos.driver_cancel))
    cancel_s_ =
      host_.now() + random_.between(2, 90) / host_.options->compression;
}

void driver::let_go(const trip_view& view) {
  if (std::erase_if(rides_, [&](const auto& x) { return x.trip == view.trip; })
      == 0)
    return;
  board_s_ = never;
  act_s_ = 0;
  mover_.stop();
  target_ = mover_.at();
  if (overlap_.first != view.trip && overlap_.second != view.trip)
    return;
  // The news came late; what counts is when the one ended and the other began.
  if (overlap_.first == view.trip && view.changed_at > overlap_.second_began)
    broken("two rides",
           "trip " + to_string(overlap_.second) + " began "
             + std::to_string((view.changed_at - overlap_.second_began).count())
             + " ms before trip " + to_string(view.trip)
             + " ended for this driver");
  overlap_ = {};
}

void driver::judge_overlap(double now) {
  const trip_view* first = nullptr;
  std::size_t waiting = 0;
  for (const auto& x : rides_) {
    waiting += x.queued;
    if (x.queued)
      continue;
    if (first == nullptr) {
      first = &x;
      continue;
    }
    if (now == never) {
      broken("two rides", "the full state has two: trip "
                            + to_string(first->trip) + " and trip "
                            + to_string(x.trip));
    } else if (overlap_.resolve_s == never) {
      overlap_ = {first->trip, x.trip, x.changed_at, now + overlap_resolve_s};
    }
  }
  if (waiting > 1)
    broken("two rides", "more than one ride is queued");
}

void driver::on_answer(const pending& asked, const server_frame& frame) {
  const bool fine = frame.kind != frame_kind::error;
  if (asked.what == command::shift_start) {
    on_shift_ = fine || frame.code == "shift.already_started";
    return;
  }
  if (fine) {
    if (asked.what == command::accept || asked.what == command::decline) {
      if (offer_ && offer_->what.trip == asked.trip)
        offer_.reset();
    }
    return;
  }
  if (asked.what == command::accept || asked.what == command::decline) {
    if (offer_ && offer_->what.trip == asked.trip)
      offer_.reset();
  } else {
    // What he believes is old; the news is on its way.
    act_s_ = host_.now() + after_refusal_s;
    if (frame.code == "trip.not_yours" || frame.code == "trip.unknown") {
      trip_view gone;
      gone.trip = asked.trip;
      let_go(gone);
    }
  }
  if (frame.code == "shift.not_started" && !waits_for(command::shift_start))
    ask(command::shift_start, shift_start{});
}

// -- what he does -------------------------------------------------------------

double driver::agent_due() const {
  double out = std::min(position_s_, overlap_.resolve_s);
  if (offer_ && offer_->to != mind::said)
    out = std::min(out, offer_->act_s);
  return out;
}

void driver::on_agent_time() {
  const double now = host_.now();
  if (now >= overlap_.resolve_s) {
    broken("two rides", "trip " + to_string(overlap_.first) + " and trip "
                          + to_string(overlap_.second) + " for more than 10 s");
    overlap_ = {};
  }
  if (offer_ && offer_->to != mind::said && now >= offer_->act_s)
    answer_offer();
  if (now < position_s_)
    return;
  const auto& options = *host_.options;
  mover_.advance((now - moved_s_) * options.compression);
  const double minutes = (now - moved_s_) * options.compression / 60;
  moved_s_ = now;
  const double every = options.position_every_s / options.compression;
  position_s_ =
    now + std::max(position_least_s, every * random_.between(0.75, 1.25));
  if (happens(options.chaos.off_net * minutes))
    return vanish();
  report_position();
  act(now);
}

void driver::answer_offer() {
  const auto trip = offer_->what.trip;
  const bool yes = offer_->to == mind::accept;
  if (yes ? ask(command::accept, offer_accept{trip}, trip)
          : ask(command::decline, offer_decline{trip, {}}, trip)) {
    ++(yes ? host_.stats.accepted : host_.stats.declined);
    offer_->to = mind::said;
  }
  offer_->act_s = host_.now() + 1;
}

void driver::report_position() {
  position_report report;
  report.at = mover_.at();
  report.time = host_.wall_clock();
  report.accuracy_m = static_cast<std::uint16_t>(random_.between(3, 15));
  report.speed_cm_s = static_cast<std::uint16_t>(mover_.speed_m_s() * 100);
  if (happens(host_.options->chaos.teleport)) {
    ++host_.stats.expected_jumps;
    report.at.lat_e7 += report.at.lat_e7 > 0 ? -450'000 : 450'000;
  }
  ++host_.stats.positions;
  tell(position{{report}});
}

trip_view* driver::present() {
  for (auto& x : rides_)
    if (!x.queued)
      return &x;
  return nullptr;
}

void driver::drive_to(geo_point target) {
  if (target == target_)
    return;
  target_ = target;
  if (host_.roads != nullptr)
    mover_.drive(host_.roads->way(mover_.at(), target, speed_m_s_));
  else
    mover_.drive({{target, speed_m_s_}});
}

void driver::act(double now) {
  auto* ride = present();
  if (ride == nullptr)
    return go_about();
  if (now < act_s_)
    return;
  const auto trip = ride->trip;
  const auto& options = *host_.options;
  if (ride->phase == trip_phase::on_trip) {
    drive_to(ride->dropoff);
    if (mover_.there() && !waits_for(command::complete, trip))
      ask(command::complete, trip_complete{trip}, trip);
    return;
  }
  if (now >= cancel_s_ && ride->phase == trip_phase::assigned) {
    cancel_s_ = never;
    ask(command::cancel, trip_cancel{trip, std::string{"driver_cancelled"}},
        trip);
    return;
  }
  drive_to(ride->pickup);
  if (!mover_.there() && distance_m(mover_.at(), ride->pickup) > near_m)
    return;
  if (ride->phase == trip_phase::assigned) {
    if (!waits_for(command::arrived, trip) && !waits_for(command::cancel, trip))
      ask(command::arrived, trip_arrived{trip, mover_.at()}, trip);
    return;
  }
  if (board_s_ == never)
    board_s_ =
      now
      + random_.between(0.4, 1.6) * options.boarding_s / options.compression;
  if (now >= board_s_ && !waits_for(command::start, trip))
    ask(command::start, trip_start{trip}, trip);
}

void driver::go_about() {
  if (!mover_.there() || !random_.happens(host_.options->wander * 0.1))
    return;
  const auto& places = *host_.places;
  drive_to(places[random_.below(places.size())]);
}

} // namespace hansom::fleet
