#include "gateway/connection/connection.hpp"

#include "gateway/connection/connection_home.hpp"
#include "gateway/connection/websocket_frame.hpp"
#include "protocol/server_frames.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace hansom {

namespace {

constexpr std::string_view subprotocol = "hansom.v1.json";
constexpr std::string_view websocket_path = "/v1/ws";

bool is_listed(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    auto item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!item.empty() && item.front() == ' ')
      item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ')
      item.remove_suffix(1);
    if (item == wanted)
      return true;
  }
  return false;
}

/// @returns whether a query has a parameter of that name, with or without a
///          value.
bool has_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto item = query.substr(0, end);
    if (item.substr(0, item.find('=')) == name)
      return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

bool may_come_from(const std::vector<std::string>& allowed,
                   std::string_view origin) {
  return origin.empty()
         || std::any_of(allowed.begin(), allowed.end(),
                        [&](auto& x) { return x == "*" || x == origin; });
}

http_response come_back(error_code why, std::uint64_t seconds) {
  auto result = problem(503, facts(why).code, facts(why).sentence);
  result.headers.emplace_back("Retry-After", std::to_string(seconds));
  return result;
}

} // namespace

connection::connection(connection_home& home)
  : home_{home}, heard_{home.now()} {
}

connection::~connection() = default;

// -- HTTP ---------------------------------------------------------------------

void connection::http_ready() {
  phase_ = connection_phase::http;
  touched();
}

void connection::touched() noexcept {
  heard_ = home_.now();
}

void connection::find_identity(http_request& request) {
  constexpr std::string_view scheme = "Bearer ";
  auto value = request.header("Authorization");
  if (value.empty())
    return;
  if (!value.starts_with(scheme)) {
    request.token_error = "the Authorization header must be \"Bearer TOKEN\"";
    return;
  }
  auto verdict =
    home_.shared().tokens.verify(value.substr(scheme.size()), home_.now());
  request.who = std::move(verdict.who);
  request.token_error = std::move(verdict.message);
}

void connection::route(http_request request, http_reply reply) {
  if (request.header("Authorization").empty()) {
    if (auto refusal = home_.shared().console->identify(request, home_.now()))
      return reply(std::move(*refusal));
  } else {
    find_identity(request);
  }
  home_.shared().routes.handle(std::move(request), std::move(reply));
}

http_response connection::judge_upgrade(const http_request& request) {
  auto& shared = home_.shared();
  if (request.path != websocket_path)
    return problem(404, "http.not_found",
                   "Websockets are served at /v1/ws only.");
  if (has_parameter(request.query, "token"))
    return problem(400, "auth.token_in_url",
                   "A URL ends up in logs: send the token in the hello frame "
                   "or as a bearer token in the Authorization header.");
  if (!is_listed(request.header("Sec-WebSocket-Protocol"), subprotocol))
    return problem(400, "http.subprotocol",
                   "Ask for the websocket subprotocol hansom.v1.json.");
  if (!may_come_from(shared.config.origins, request.header("Origin")))
    return problem(403, "http.origin",
                   "Pages of this origin may not connect here.");
  if (shared.draining)
    return come_back(error_code::draining, 1 + home_.random() % 5);
  returning_ = has_parameter(request.query, "resume");
  if (!home_.admit_handshake(returning_)) {
    home_.counters().drop(gateway_drop::handshake_rate);
    return come_back(error_code::overloaded, 1 + home_.random() % 10);
  }
  auto copy = http_request{};
  copy.headers = {
    {"Authorization", std::string{request.header("Authorization")}}};
  find_identity(copy);
  if (!copy.token_error.empty())
    return problem(error_code::unauthenticated, copy.token_error);
  if (copy.who)
    from_header_ = std::make_unique<identity>(std::move(*copy.who));
  // A broken one counts as none, as the W3C has it for headers.
  parse_traceparent(request.header("traceparent"), trace);
  http_response go_ahead;
  go_ahead.status = 101;
  return go_ahead;
}

void connection::upgraded() {
  phase_ = connection_phase::greeting;
  home_.counters().websockets.add();
  touched();
}

// -- frames in ----------------------------------------------------------------

void connection::text_received(std::string_view text) {
  touched();
  home_.counters().bytes_in.add(text.size());
  home_.counters().frame_sizes_in.add_alone(text.size());
  if (phase_ == connection_phase::greeting || phase_ == connection_phase::open)
    home_.on_text(*this, text);
}

void connection::bad_frame(error_code why) {
  touched();
  if (phase_ == connection_phase::greeting || phase_ == connection_phase::open)
    home_.on_bad_frame(*this, why);
}

void connection::broken(rfc_close why) {
  if (phase_ == connection_phase::greeting
      || phase_ == connection_phase::open) {
    home_.counters().frames_bad.add();
    home_.counters().broken[static_cast<std::size_t>(why)].add();
  }
  ended(false);
}

void connection::control_frame() {
  touched();
  // At most 32 at once and two a second: nobody needs more.
  constexpr std::int64_t each_ms = 500;
  constexpr std::int64_t room_ms = 32 * each_ms;
  auto t = heard_.ms;
  control_full_ms_ = std::max(control_full_ms_, t) + each_ms;
  if (control_full_ms_ - t > room_ms)
    close(close_code::rate_limited);
}

// -- frames out ---------------------------------------------------------------

void connection::send(std::string text, latest_key key) {
  auto& metrics = home_.counters();
  if (phase_ != connection_phase::greeting && phase_ != connection_phase::open)
    return metrics.drop(gateway_drop::closing);
  auto& config = home_.config();
  switch (out_.push(std::move(text), key,
                    {config.outbound_bytes_max, config.outbound_frames_max})) {
  case outbox::outcome::queued:
    break;
  case outbox::outcome::replaced:
    return;
  case outbox::outcome::dropped:
    return metrics.drop(gateway_drop::outbox_latest);
  case outbox::outcome::full:
    metrics.drop(gateway_drop::outbox_full);
    return close(close_code::slow_client);
  }
  if (write_began_ || flush_due_)
    return;
  flush_due_ = true;
  home_.flush_later(*this);
}

void connection::flush() {
  flush_due_ = false;
  if (write_began_ || phase_ == connection_phase::gone)
    return;
  write_waiting();
  if (phase_ == connection_phase::closing && !write_began_ && !close_sent_) {
    close_sent_ = true;
    begin_close(why_);
  }
}

/// As many frames in one write as there are, within reason.
void connection::write_waiting() {
  constexpr std::size_t together_max = 16'384;
  auto& metrics = home_.counters();
  auto& bytes = home_.scratch();
  while (!out_.empty()) {
    bytes.clear();
    do {
      auto text = out_.pop();
      metrics.frames_out.add();
      metrics.bytes_out.add(text.size());
      metrics.frame_sizes_out.add_alone(text.size());
      append_text_frame(bytes, text);
    } while (!out_.empty() && bytes.size() + out_.next_bytes() <= together_max);
    metrics.writes.add();
    auto n = write_some(bytes);
    if (n < bytes.size()) {
      writing_.assign(bytes, n);
      write_began_ = home_.now();
      return begin_write(writing_);
    }
  }
}

void connection::written(bool good) {
  write_began_ = {};
  std::string{}.swap(writing_);
  if (good) // Else the read side reports the end.
    flush();
}

// -- the end ------------------------------------------------------------------

void connection::close(close_code why) {
  if (phase_ == connection_phase::closing || phase_ == connection_phase::gone)
    return;
  auto is_websocket =
    phase_ == connection_phase::greeting || phase_ == connection_phase::open;
  if (!is_websocket)
    return abort();
  phase_ = connection_phase::closing;
  why_ = why;
  home_.counters().closed(why);
  close_by_ = home_.now() + home_.config().close_timeout;
  // What it would not read before it will not read now.
  if (why == close_code::slow_client)
    out_.clear();
  // Not from inside a call of the session's.
  boost::asio::post(home_.io(),
                    [self = shared_from_this()] { self->report_lost(); });
  flush();
}

void connection::abort() {
  if (phase_ == connection_phase::gone)
    return;
  ended(false);
}

void connection::report_lost() {
  if (lost_reported_)
    return;
  lost_reported_ = true;
  home_.on_lost(*this);
}

void connection::ended(bool by_peer) {
  if (phase_ == connection_phase::gone)
    return;
  auto was = phase_;
  phase_ = connection_phase::gone;
  auto was_open =
    was == connection_phase::greeting || was == connection_phase::open;
  if (was_open || was == connection_phase::closing)
    home_.counters().websockets.subtract();
  if (by_peer && was_open)
    home_.counters().closed_by_peer.add();
  out_.clear();
  report_lost();
  shut_socket();
  // The worker may be walking its list just now.
  boost::asio::post(
    home_.io(), [self = shared_from_this()] { self->home().remove(*self); });
}

void connection::sweep(timestamp now) {
  auto& config = home_.config();
  switch (phase_) {
  case connection_phase::handshake:
  case connection_phase::http:
    if (now - heard_ > config.http_timeout)
      abort();
    return;
  case connection_phase::greeting:
    if (now - heard_ <= config.hello_timeout)
      return;
    home_.counters().error(error_code::hello_timeout);
    send(error_body(error_code::hello_timeout), 0);
    return close(close_code::hello_timeout);
  case connection_phase::open:
    if (write_began_ && now - write_began_ > config.write_timeout)
      return close(close_code::slow_client);
    if (now - heard_ > 2 * config.heartbeat + config.sweep)
      close(close_code::heartbeat_missed);
    return;
  case connection_phase::closing:
    if (now > close_by_)
      abort();
    return;
  case connection_phase::gone:
    return;
  }
}

} // namespace hansom
