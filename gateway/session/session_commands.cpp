#include "actors/cell/cell_cover.hpp"
#include "gateway/session/session_host.hpp"
#include "protocol/server_frames.hpp"

#include <algorithm>

namespace hansom {

namespace {

/// Which role may say a command; drivers and riders are bits.
constexpr std::uint8_t by_driver = 1;
constexpr std::uint8_t by_rider = 2;

constexpr std::uint8_t speakers(const quote_ask&) {
  return by_rider;
}
constexpr std::uint8_t speakers(const trip_request&) {
  return by_rider;
}
constexpr std::uint8_t speakers(const trip_rate&) {
  return by_rider;
}
constexpr std::uint8_t speakers(const nearby_ask&) {
  return by_rider;
}
constexpr std::uint8_t speakers(const trip_cancel&) {
  return by_driver | by_rider;
}
template <class T>
constexpr std::uint8_t speakers(const T&) {
  return by_driver;
}

/// It names a trip, but the driver holds the offer.
template <class T>
constexpr bool is_offer_answer =
  std::is_same_v<T, offer_accept> || std::is_same_v<T, offer_decline>;

/// Who decides about a command.
template <class T>
entity_ref decider(const T& x, const session& s, int cell_level) {
  if constexpr (std::is_same_v<T, quote_ask>)
    return cell_of(x.pickup, cell_level);
  else if constexpr (std::is_same_v<T, nearby_ask>)
    return cell_of(x.at, cell_level);
  else if constexpr (requires { x.trip; } && !is_offer_answer<T>)
    return x.trip;
  else
    return s.client;
}

/// @returns the JSON pointer of a report's time in its frame.
std::string where_time(const position& frame, const position_report& report) {
  if (frame.points.size() == 1)
    return "/time";
  auto i = &report - frame.points.data();
  return "/points/" + std::to_string(i) + "/time";
}

} // namespace

void session_host::frame(link& from, std::string_view text) {
  auto* s = from.speaker;
  if (s == nullptr)
    return metrics().drop(gateway_drop::session_gone);
  decoded_.id.clear();
  if (!decode_frame(text, decoded_, error_)) {
    metrics().frames_bad.add();
    return fault(*s, decoded_.id, error_);
  }
  metrics().frames_in[decoded_.body.index()].add();
  if (auto* report = std::get_if<position>(&decoded_.body))
    return positions(*s, *report);
  dispatch(*s);
}

void session_host::bad_frame(link& from, error_code why) {
  metrics().frames_bad.add();
  if (from.speaker != nullptr)
    fault(*from.speaker, {}, {why, {}, {}});
}

/// A frame that no correct client sends. Some are forgiven.
void session_host::fault(session& s, std::string_view re,
                         const decode_error& what) {
  refuse(s, re, what);
  if (!s.faults.take(now(), config().faults) && s.to) {
    s.to->close(close_code::protocol_violation);
    detach(s);
  }
}

void session_host::dispatch(session& s) {
  auto& id = decoded_.id;
  std::visit(
    [&](auto& body) {
      using type = std::decay_t<decltype(body)>;
      if constexpr (std::is_same_v<type, hello>) {
        fault(s, id,
              {error_code::illegal_transition, "/type",
               "hello comes once, as the first frame"});
      } else if constexpr (std::is_same_v<type, heartbeat>) {
        if (body.seq)
          s.ring.acknowledge(*body.seq);
        auto answer = heartbeat_body();
        auto key = key_of(answer);
        send(s, std::move(answer), key);
      } else if constexpr (std::is_same_v<type, token_refresh>) {
        refresh(s, id, body.token);
      } else if constexpr (!std::is_same_v<type, position>) {
        auto mine = s.role == client_role::driver ? by_driver : by_rider;
        if ((speakers(body) & mine) == 0)
          return fault(s, id,
                       {error_code::forbidden, "/type",
                        s.role == client_role::driver
                          ? "this command is for riders"
                          : "this command is for drivers"});
        command(s, decider(body, s, parts_.actors->config().cell_level), body);
      }
    },
    decoded_.body);
}

void session_host::refresh(session& s, const std::string& id,
                           const std::string& token) {
  // Verifying costs CPU: it counts as a command.
  auto t = now();
  if (!s.commands.take(t, config().commands))
    return refuse(s, id, error_code::rate_limited);
  auto verdict = parts_.tokens->verify(token, t);
  if (!verdict.who)
    return refuse(s, id, verdict.error, verdict.message);
  if (verdict.who->client != s.client)
    return refuse(s, id, error_code::forbidden,
                  "the new token is for another client");
  // The new token counts alone: the old one may be revoked.
  auto longer = std::max(s.token_expires, verdict.who->expires_at);
  take_token(s, *verdict.who);
  s.token_expires = longer;
  s.warned = false;
  send(
    s,
    [&] {
      std::string out;
      splice(out, ack_body(), std::nullopt, id);
      return out;
    }(),
    0);
}

/// Holds a command against the session's limits and writes it down.
bool session_host::admit(session& s, const std::string& id, std::uint8_t kind,
                         work what) {
  auto t = now();
  if (s.phase != session_phase::live) {
    metrics().drop(gateway_drop::not_ready);
    refuse(s, id, error_code::too_early, "wait for the welcome");
    return false;
  }
  if (!s.commands.take(t, config().commands)) {
    auto wait = s.commands.wait(t, config().commands);
    refuse(s, id, error_code::rate_limited, {},
           static_cast<std::uint32_t>(wait.count()));
    // Whoever goes on regardless costs as much as one who sends rubbish.
    if (!s.faults.take(t, config().faults) && s.to) {
      s.to->close(close_code::rate_limited);
      detach(s);
    }
    return false;
  }
  for (auto& x : s.in_flight)
    if (x.id == id) { // One answer is on its way already.
      metrics().drop(gateway_drop::duplicate_command);
      return false;
    }
  if (s.in_flight.size() >= config().in_flight_max) {
    refuse(s, id, error_code::too_many_in_flight);
    return false;
  }
  auto verdict = admission_.ask(
    what, what == work::open ? 0 : parts_.actors->random(), config().admission);
  if (verdict != admission_verdict::admitted) {
    metrics().drop(verdict == admission_verdict::full
                     ? gateway_drop::overload_full
                     : gateway_drop::overload_slow);
    refuse(s, id, error_code::overloaded, {},
           admission_.retry_ms(parts_.actors->random()));
    return false;
  }
  s.in_flight.push_back({id,
                         kind,
                         std::chrono::steady_clock::now(),
                         t + config().command_timeout,
                         {}});
  if (auto* spans = parts_.actors->spans())
    s.in_flight.back().trace = spans->begin_root(decoded_.trace ? decoded_.trace
                                                 : s.to         ? s.to->trace
                                                        : traceparent{});
  return true;
}

template <class T>
void session_host::command(session& s, entity_ref to, T& body) {
  auto kind = static_cast<std::uint8_t>(decoded_.body.index());
  constexpr auto what =
    std::is_same_v<T, trip_request> ? work::request
    : std::is_same_v<T, quote_ask> || std::is_same_v<T, nearby_ask>
      ? work::inquiry
      : work::open;
  if (!admit(s, decoded_.id, kind, what))
    return;
  parts_.actors->send(
    to, client_ref{s.ref, s.client, decoded_.id, s.in_flight.back().trace.at},
    std::move(body));
}

/// A command's span ends with its answer, or when there will be none.
void session_host::end_trace(const session& s, pending_command& x,
                             std::string_view error) {
  end_span(parts_.actors->spans(), x.trace, [&] {
    finished_span out;
    out.name = "command " + std::string{type_name(x.kind)};
    out.kind = span_kind::server;
    out.error = error;
    out.tags = {{"hansom.client", to_string(s.client)},
                {"hansom.command", std::string{type_name(x.kind)}}};
    return out;
  });
}

/// Nobody is there any more to hear the answers.
void session_host::forget_commands(session& s, std::string_view why) {
  for (auto& x : s.in_flight)
    end_trace(s, x, why);
  admission_.answered(s.in_flight.size());
  std::vector<pending_command>{}.swap(s.in_flight);
}

// -- positions ----------------------------------------------------------------

void session_host::positions(session& s, const position& x) {
  auto t = now();
  if (s.role != client_role::driver)
    return scold(
      s, {error_code::forbidden, "/type", "only drivers report positions"}, t);
  if (!s.positions.take(t, config().positions)) {
    metrics().drop(gateway_drop::position_rate);
    return scold(s, {error_code::rate_limited, {}, {}}, t);
  }
  auto& rules = parts_.actors->config().positions;
  const position_report* last = nullptr;
  for (auto& report : x.points) {
    auto verdict = accept(s.filter, report, t, rules);
    metrics().positions[static_cast<std::size_t>(verdict)].add();
    if (verdict == position_verdict::accepted)
      last = &report;
    else if (verdict == position_verdict::future)
      scold(s,
            {error_code::out_of_range, where_time(x, report),
             "ahead of the server's clock; check the device's clock"},
            t);
    if (is_kept(verdict) && s.follow)
      parts_.actors->send(s.follow,
                          trip_position{driver_id{s.client.id}, report.at,
                                        report.heading_deg, report.time,
                                        verdict == position_verdict::late});
  }
  if (last != nullptr)
    send_onward(s, *last, t);
}

void session_host::send_onward(session& s, const position_report& last,
                               timestamp t) {
  auto cell = cell_of(last.at, parts_.actors->config().cell_level);
  auto full = batches_.add(
    cell, {driver_id{s.client.id}, last.at, last.time, last.heading_deg});
  if (full)
    flush_positions();
  s.place = {last.time, last.at};
  if (cell == s.cell && t - s.moved_at < config().driver_refresh)
    return;
  s.cell = cell;
  tell_place(s, t);
}

void session_host::tell_place(session& s, timestamp t) {
  s.moved_at = t;
  parts_.actors->send(s.client, driver_moved{s.cell, s.place.at, s.place.time});
}

/// Positions are refused in bulk; one error a second says enough. The metrics
/// count them all.
void session_host::scold(session& s, const decode_error& what, timestamp t) {
  if (t - s.scolded < milliseconds{1000})
    return metrics().error(what.code);
  s.scolded = t;
  refuse(s, {}, what);
}

} // namespace hansom
