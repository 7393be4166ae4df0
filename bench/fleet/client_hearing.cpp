/// What a client hears, and what it thinks of it.

#include "bench/fleet/client.hpp"
#include "bench/fleet/fleet.hpp"
#include "bench/fleet/trip_ledger.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace hansom::fleet {

namespace {

constexpr double replay_within_s = 10;

/// @returns the number in a command id "run-17"; 0 when it is not ours.
std::uint32_t number_of(std::string_view id, std::string_view run) {
  std::uint32_t out = 0;
  if (id.size() <= run.size() + 1 || !id.starts_with(run)
      || id[run.size()] != '-')
    return 0;
  auto end = id.data() + id.size();
  auto [at, error] = std::from_chars(id.data() + run.size() + 1, end, out);
  return error == std::errc{} && at == end ? out : 0;
}

} // namespace

void client::on_text(std::string_view text) {
  heard_s_ = host_.now();
  server_frame frame;
  std::string why;
  if (!read_frame(text, is_driver(), frame, why))
    return broken("frame", why + ": "
                             + std::string{text.substr(
                               0, std::min<std::size_t>(text.size(), 300))});
  switch (frame.kind) {
  case frame_kind::welcome:
    return welcome(frame);
  case frame_kind::resync:
    ++host_.stats.resyncs;
    record('<', "resync");
    last_seq_ = frame.seq.value_or(last_seq_);
    replay_s_ = never;
    return on_state(frame);
  case frame_kind::go_away:
    ++host_.stats.closes["go_away"];
    record('<', "go_away");
    ++place_;
    host_.close(link_);
    offline();
    return reconnect_in(1e-3 * frame.wait_ms);
  case frame_kind::ack:
  case frame_kind::quote:
    return take_answer(frame);
  case frame_kind::error:
    ++host_.stats.errors[frame.code];
    if (!frame.re.empty())
      take_answer(frame);
    return;
  case frame_kind::offer:
  case frame_kind::offer_withdrawn:
  case frame_kind::trip:
  case frame_kind::receipt:
    return take_push(frame);
  default:
    return;
  }
}

void client::welcome(const server_frame& frame) {
  auto& stats = host_.stats;
  const bool asked = !session_.empty();
  if (!welcomed_)
    ++stats.online;
  welcomed_ = true;
  failures_ = 0;
  ++stats.connects;
  stats.reconnects += was_welcome_;
  was_welcome_ = true;
  heartbeat_ms_ = std::max<std::uint32_t>(frame.heartbeat_ms, 100);
  beat_s_ = host_.now() + random_.unit() * 1e-3 * heartbeat_ms_;
  record('<', frame.resumed ? "welcome, resumed" : "welcome");
  if (frame.resumed && !asked)
    broken("I11", "resumed a session that was not asked for");
  const auto seq = frame.seq.value_or(0);
  if (frame.resumed) {
    ++stats.resumes;
    if (frame.session != session_)
      broken("I11", "resumed, but as another session");
    if (seq < last_seq_)
      broken("I11", "resumed at seq " + std::to_string(seq) + ", had heard "
                      + std::to_string(last_seq_));
    if (seq > last_seq_) {
      replay_to_ = seq;
      replay_s_ = host_.now() + replay_within_s;
    }
  } else {
    last_seq_ = seq; // A resync says the same once more.
  }
  session_ = frame.session;
  for (auto& x : pending_)
    send_pending(x);
  // With a resume the pushes that follow tell everything, in order; the state
  // is already ahead of them.
  if (frame.resumed)
    on_resumed();
  else
    on_state(frame);
}

void client::take_push(const server_frame& frame) {
  ++host_.stats.pushes;
  note x;
  x.at_s = static_cast<float>(host_.now());
  x.direction = '<';
  x.what = to_text(frame.kind);
  x.seq = frame.seq.value_or(0);
  if (frame.view) {
    x.trip = frame.view->trip;
    x.rev = frame.view->rev;
    x.phase = static_cast<std::uint8_t>(frame.view->phase);
    x.driver = frame.view->driver;
  } else if (frame.offer) {
    x.trip = frame.offer->trip;
  } else if (frame.withdrawn) {
    x.trip = frame.withdrawn->trip;
  } else if (frame.receipt) {
    x.trip = frame.receipt->trip;
  }
  notes_.add(x);
  if (!frame.seq)
    broken("I11", std::string{"a push without seq: "} + x.what);
  else if (*frame.seq != last_seq_ + 1)
    broken("I11", std::string{x.what} + " has seq " + std::to_string(*frame.seq)
                    + ", after " + std::to_string(last_seq_));
  last_seq_ = std::max(last_seq_, frame.seq.value_or(0));
  if (last_seq_ >= replay_to_)
    replay_s_ = never;
  if (frame.view)
    judge_view(*frame.view, false);
  on_push(frame);
}

void client::judge_view(const trip_view& view, bool is_state) {
  auto known = std::find_if(seen_.begin(), seen_.end(),
                            [&](const auto& x) { return x.trip == view.trip; });
  if (known == seen_.end()) {
    known = seen_.begin() + next_seen_;
    next_seen_ = static_cast<std::uint8_t>((next_seen_ + 1) % seen_.size());
    *known = {};
  } else if (view.rev < known->rev) {
    broken("I12", "trip " + to_string(view.trip) + " went back from rev "
                    + std::to_string(known->rev) + " to "
                    + std::to_string(view.rev));
  } else if (!is_state && has_driver(known->phase) && has_driver(view.phase)
             && known->driver != view.driver) {
    // A release in between must have been told.
    broken("I2", "trip " + to_string(view.trip) + " went from driver "
                   + to_string(known->driver) + " to driver "
                   + to_string(view.driver) + " without a word");
  }
  *known = {view.trip, view.rev, view.phase, view.driver};
  if (auto verdict = host_.ledger->heard(view); !verdict.empty())
    broken(verdict.substr(0, 2) == "I2" ? "I2" : "I5", verdict.substr(3));
}

void client::take_answer(const server_frame& frame) {
  const auto number = number_of(frame.re, host_.run);
  auto asked =
    std::find_if(pending_.begin(), pending_.end(),
                 [&](const pending& x) { return x.number == number; });
  record('<', frame.kind == frame_kind::error ? "error" : to_text(frame.kind),
         frame.trip, number);
  if (asked == pending_.end())
    return judge_repeated_answer(number, frame);
  if (frame.kind == frame_kind::error && frame.temporary)
    return take_error(*asked, frame);
  if (frame.kind != frame_kind::error)
    host_.stats.ack_us.add(
      static_cast<std::int64_t>((host_.now() - asked->first_s) * 1e6));
  const auto done = std::move(*asked);
  pending_.erase(asked);
  remember_answer(done, frame);
  on_answer(done, frame);
}

void client::remember_answer(const pending& asked, const server_frame& frame) {
  auto& x = answered_[next_answered_];
  next_answered_ =
    static_cast<std::uint8_t>((next_answered_ + 1) % answered_.size());
  x = {asked.number, frame.kind == frame_kind::ack, frame.trip};
  if (frame.kind != frame_kind::ack || !frame.trip)
    return;
  std::string line = R"({"client":)";
  json::append(line, who_);
  line += R"(,"id":")" + host_.run + '-' + std::to_string(asked.number)
          + R"(","trip":)";
  json::append(line, frame.trip);
  line += R"(,"what":")";
  line += asked.what == command::request ? "trip.request" : "command";
  line += R"(","rev":)";
  json::append(line, frame.rev);
  host_.promised(line + '}');
}

void client::judge_repeated_answer(std::uint32_t number,
                                   const server_frame& frame) {
  for (const auto& x : answered_) {
    if (x.number != number || number == 0 || !x.ack)
      continue;
    if (frame.kind == frame_kind::ack && frame.trip != x.trip)
      broken("I6", "command #" + std::to_string(number)
                     + " took effect twice: trip " + to_string(x.trip)
                     + " and trip " + to_string(frame.trip));
    if (frame.kind == frame_kind::error && !frame.temporary)
      broken("I6", "command #" + std::to_string(number)
                     + " was acknowledged, and repeated it got " + frame.code);
  }
}

} // namespace hansom::fleet
