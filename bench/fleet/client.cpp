#include "bench/fleet/client.hpp"

#include "bench/fleet/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hansom::fleet {

namespace {

constexpr double answer_within_s = 10;
constexpr double backoff_first_s = 0.1;
constexpr double backoff_max_s = 5;
constexpr double hello_within_s = 10;
constexpr std::uint8_t tries_max = 250;

bool is_stop(std::uint16_t code) {
  return code == static_cast<std::uint16_t>(close_code::unauthenticated)
         || code == static_cast<std::uint16_t>(close_code::forbidden);
}

} // namespace

client::client(client_host& host, std::uint32_t link, entity_ref who,
               random_stream random)
  : host_{host}, random_{random}, link_{link}, who_{who}, place_{link} {
}

void client::start(double at_s) {
  connect_s_ = at_s;
}

// -- the connection -----------------------------------------------------------

void client::on_open() {
  connected_ = true;
  heard_s_ = host_.now();
  hello body;
  body.token = host_.token(who_);
  body.device = std::string{"fleet"};
  if (auto trip = present_trip())
    body.trip = trip;
  if (!session_.empty())
    body.resume = resume_point{session_, last_seq_};
  record('>', "hello");
  host_.send(link_, encode_frame("", body));
}

void client::on_closed(std::uint16_t code, std::string_view reason) {
  ++host_.stats.closes[code == 0 ? std::string{reason} : std::to_string(code)];
  record('-', "connection lost");
  offline();
  if (left_)
    return;
  if (is_stop(code)) {
    // The contract says stop; nothing that a retry would mend.
    left_ = true;
    connect_s_ = never;
    return;
  }
  // Some contracts say stop where a person would open the app again.
  const double least = code >= 4500 && code < 5000 ? 5 : 0;
  // Where it was it can resume; who finds nobody there goes elsewhere.
  if (failures_ > 0)
    ++place_;
  failures_ = static_cast<std::uint8_t>(std::min(failures_ + 1, 20));
  const double most =
    std::min(backoff_max_s, backoff_first_s * std::exp2(failures_));
  reconnect_in(least + random_.between(0.02, most));
}

void client::offline() {
  if (welcomed_)
    --host_.stats.online;
  connected_ = false;
  welcomed_ = false;
  beat_s_ = never;
  replay_s_ = never;
  replay_to_ = 0;
  held_.clear();
  held_s_ = never;
  for (auto& x : pending_)
    x.on_wire = false;
}

void client::reconnect_in(double seconds) {
  connect_s_ = host_.now() + seconds;
}

void client::vanish() {
  host_.abort(link_);
  record('-', "off the net");
  ++host_.stats.closes["off the net on purpose"];
  offline();
  // As if a balancer stood before the servers: resume works on any of them.
  ++place_;
  reconnect_in(random_.exponential(host_.options->away_s));
}

void client::drop_off() {
  if (left_ || !connected_)
    return;
  host_.abort(link_);
  record('-', "dropped off with all others");
  ++host_.stats.closes["dropped off with all others"];
  offline();
  reconnect_in(random_.between(0, 0.1));
}

void client::start_over() {
  session_.clear();
  drop_off();
}

void client::leave() {
  left_ = true;
  connect_s_ = never;
  if (connected_)
    host_.close(link_);
  offline();
}

// -- sending ------------------------------------------------------------------

bool client::happens(double probability) {
  return !host_.draining && random_.happens(probability);
}

void client::put(const std::string& text) {
  if (!welcomed_)
    return;
  if (held_.empty() && happens(host_.options->chaos.reorder)) {
    held_ = text;
    held_s_ = host_.now() + 0.3;
    return;
  }
  host_.send(link_, text);
  if (happens(host_.options->chaos.duplicate))
    host_.send(link_, text);
  if (!held_.empty()) {
    host_.send(link_, held_);
    held_.clear();
    held_s_ = never;
  }
}

void client::tell(const client_message& body) {
  put(encode_frame("", body));
}

bool client::ask(command what, const client_message& body, trip_id trip) {
  if (pending_.size() >= pending_max)
    return false;
  auto& x = pending_.emplace_back();
  x.number = ++numbers_;
  x.what = what;
  x.trip = trip;
  x.first_s = host_.now();
  x.text = encode_frame(host_.run + '-' + std::to_string(x.number), body);
  ++host_.stats.commands;
  record('>', type_name(body).data(), trip, x.number);
  send_pending(x);
  return true;
}

bool client::waits_for(command what, trip_id trip) const noexcept {
  return std::any_of(pending_.begin(), pending_.end(), [&](const pending& x) {
    return x.what == what && (!trip || x.trip == trip);
  });
}

void client::send_pending(pending& x) {
  if (!welcomed_)
    return;
  if (x.tries > 0) {
    ++host_.stats.repeated;
    record('>', "again", x.trip, x.number);
  }
  x.tries = static_cast<std::uint8_t>(std::min<int>(x.tries + 1, tries_max));
  x.on_wire = true;
  x.again_s = host_.now() + answer_within_s;
  put(x.text);
}

void client::beat() {
  if (!welcomed_) {
    // Hello unanswered.
    host_.abort(link_);
    return on_closed(0, "no welcome in time");
  }
  if (host_.now() - heard_s_ > 3e-3 * heartbeat_ms_) {
    host_.abort(link_);
    return on_closed(0, "server silent");
  }
  heartbeat body;
  body.seq = last_seq_;
  host_.send(link_, encode_frame("", body));
  beat_s_ = host_.now() + 1e-3 * heartbeat_ms_;
}

// -- time ---------------------------------------------------------------------

double client::due() const {
  double out = std::min({connect_s_, beat_s_, held_s_, replay_s_});
  if (welcomed_) {
    out = std::min(out, agent_due());
    for (const auto& x : pending_)
      out = std::min(out, x.again_s);
  }
  return out;
}

void client::on_time() {
  const double now = host_.now();
  if (now >= connect_s_) {
    // The hello has to be answered; `beat` looks after it.
    connect_s_ = never;
    beat_s_ = now + hello_within_s;
    host_.open(link_, !session_.empty(), place_);
    return;
  }
  if (now >= beat_s_)
    beat();
  if (now >= replay_s_) {
    broken("I11", "resumed, but pushes up to seq " + std::to_string(replay_to_)
                    + " did not come; the last was "
                    + std::to_string(last_seq_));
    replay_s_ = never;
  }
  if (!welcomed_)
    return;
  if (now >= held_s_) {
    host_.send(link_, std::exchange(held_, {}));
    held_s_ = never;
  }
  for (auto& x : pending_)
    if (now >= x.again_s)
      send_pending(x);
  if (now >= agent_due())
    on_agent_time();
}

void client::take_error(pending& asked, const server_frame& frame) {
  double wait = 1e-3 * frame.wait_ms;
  if (frame.wait_ms == 0)
    wait =
      std::min(backoff_max_s, 0.1 * std::exp2(std::min<int>(asked.tries, 10)));
  asked.again_s = host_.now() + wait * random_.between(1, 1.5);
}

// -- notes --------------------------------------------------------------------

void client::record(char direction, const char* what, trip_id trip,
                    std::uint32_t number) {
  note x;
  x.at_s = static_cast<float>(host_.now());
  x.direction = direction;
  x.what = what;
  x.trip = trip;
  x.number = number;
  notes_.add(x);
}

void client::broken(const char* invariant, std::string what) {
  host_.stats.report(
    {invariant, std::move(what), who_, host_.now(), notes_.lines()});
}

} // namespace hansom::fleet
