/// What a session's client hears: what actors say, and refusals.

#include "gateway/session/session_host.hpp"
#include "protocol/server_frames.hpp"

namespace hansom {

namespace {

std::string spliced(std::string_view body, std::optional<std::uint64_t> seq,
                    std::string_view re = {}) {
  std::string out;
  out.reserve(body.size() + re.size() + 40);
  splice(out, body, seq, re);
  return out;
}

/// @returns the code of an error frame; `none` for any other.
error_code refusal_in(std::string_view body) {
  constexpr std::string_view head = R"({"type":"error","code":")";
  if (!body.starts_with(head))
    return error_code::none;
  body.remove_prefix(head.size());
  auto name = body.substr(0, body.find('"'));
  for (std::size_t i = 1; i < error_code_count; ++i)
    if (auto code = static_cast<error_code>(i); facts(code).code == name)
      return code;
  return error_code::none;
}

/// @returns whether an event is a `trip` about this one.
bool tells_of(std::string_view body, trip_id which) {
  constexpr std::string_view head = R"({"type":"trip","trip":")";
  return body.starts_with(head)
         && body.substr(head.size()).starts_with(to_string(which));
}

std::uint64_t us_since(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  using std::chrono::microseconds;
  return static_cast<std::uint64_t>(
    std::chrono::duration_cast<microseconds>(to - from).count());
}

} // namespace

// -- from actors --------------------------------------------------------------

void session_host::deliver(client_frame frame) {
  auto* s = find(frame.to);
  if (s == nullptr)
    return metrics().drop(gateway_drop::session_gone);
  if (frame.how == delivery::event)
    return push_event(*s, frame.body);
  if (frame.how == delivery::reply)
    for (auto i = s->in_flight.begin(); i != s->in_flight.end(); ++i)
      if (i->id == frame.re) {
        metrics().latency[i->kind].add_alone(
          us_since(i->since, std::chrono::steady_clock::now()));
        auto refused = refusal_in(frame.body);
        if (refused != error_code::none)
          metrics().refusals[static_cast<std::size_t>(refused)].add();
        if (i->trace)
          end_trace(*s, *i,
                    refused == error_code::none ? std::string_view{}
                                                : facts(refused).code);
        admission_.answered();
        s->in_flight.erase(i);
        break;
      }
  if (s->phase != session_phase::live)
    return metrics().drop(gateway_drop::detached);
  if (frame.how == delivery::latest) {
    auto key = key_of(frame.body);
    return send(*s, std::move(frame.body), key);
  }
  send(*s, spliced(frame.body, std::nullopt, frame.re), 0);
}

void session_host::push_event(session& s, std::string_view body) {
  if (s.believes && tells_of(body, s.believes))
    s.believes = {};
  auto text = spliced(body, s.ring.next());
  if (s.phase == session_phase::live)
    send(s, text, 0);
  auto seq = s.ring.next();
  if (parts_.mirror != nullptr)
    parts_.mirror->push({s.ref.session, s.secret, s.client}, seq, s.life,
                        std::min(s.ring.oldest(), seq), text);
  s.ring.push(std::move(text), config().ring_events_max,
              config().ring_bytes_max);
}

/// The entity has spoken: `state` is the truth at a moment that lies after
/// all events already in the ring and before all that follow, because its
/// messages arrive here in the order in which it sent them.
void session_host::welcome(session& s, const std::string& state) {
  auto asked = s.resumed || s.gap;
  s.resumed = s.resumed && s.ring.reaches_back_to(s.client_seq);
  s.phase = session_phase::live;
  if (asked)
    (s.resumed ? metrics().resume_hits : metrics().resume_misses).add();
  auto body = welcome_body(
    session_text(s), static_cast<std::uint32_t>(config().heartbeat.count()),
    s.resumed, state);
  send(s, spliced(body, s.ring.last(), s.welcome_re), 0);
  if (s.resumed) {
    auto to = s.to; // A full outbox may detach the session on the way.
    s.ring.for_each_after(s.client_seq,
                          [&](const std::string& text) { to->send(text, 0); });
    if (s.restored)
      push_event(s, resync_body(state));
    else
      s.believes = {}; // The ring has all that was said of it.
  } else {
    if (asked)
      send(s, spliced(resync_body(state), s.ring.last()), 0);
    s.ring.forget();
  }
  s.resumed = false;
  s.restored = false;
  s.gap = false;
  s.client_seq = 0;
  s.welcome_re.clear();
  ask_about_trip(s);
  // Its hello was under way when the others were told.
  if (parts_.draining && *parts_.draining && leave_within_.count() > 0
      && !s.leave_at)
    ask_to_leave(s);
}

void session_host::attached(session_ref to, std::string state) {
  auto* s = find(to);
  if (s == nullptr)
    return metrics().drop(gateway_drop::session_gone);
  s->ask_again = {};
  switch (s->phase) {
  case session_phase::attaching:
    return welcome(*s, state);
  case session_phase::live:
    // Unasked: the entity has started anew and says where the client stands.
    push_event(*s, resync_body(state));
    return ask_about_trip(*s);
  case session_phase::detached:
    return metrics().drop(gateway_drop::detached);
  }
}

void session_host::close(session_ref to, close_code why) {
  if (auto* s = find(to))
    end(*s, why);
  else
    metrics().drop(gateway_drop::session_gone);
}

void session_host::follow(session_ref to, trip_id trip) {
  if (auto* s = find(to))
    s->follow = trip;
  else
    metrics().drop(gateway_drop::session_gone);
}

void session_host::overrun(std::uint64_t id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end())
    return;
  auto& s = *found->second;
  // A number is skipped, so that not even an up-to-date client can replay.
  s.ring.push({}, config().ring_events_max, config().ring_bytes_max);
  s.ring.forget();
  if (s.to) {
    s.to->close(close_code::slow_client);
    detach(s);
  }
}

// -- frames out ---------------------------------------------------------------

void session_host::send(session& s, std::string text, latest_key key) {
  if (!s.to)
    return metrics().drop(gateway_drop::detached);
  s.to->send(std::move(text), key);
}

void session_host::refuse(session& s, std::string_view re, error_code why,
                          std::string_view message,
                          std::optional<std::uint32_t> retry_ms) {
  metrics().error(why);
  send(s, spliced(error_body(why, message, retry_ms), std::nullopt, re), 0);
}

void session_host::refuse(session& s, std::string_view re,
                          const decode_error& what) {
  metrics().error(what.code);
  send(s, spliced(error_body(what), std::nullopt, re), 0);
}

void session_host::refuse(link& to, std::string_view re, error_code why,
                          std::string_view message) {
  refuse(to, re, {why, {}, std::string{message}});
}

void session_host::refuse(link& to, std::string_view re,
                          const decode_error& what) {
  metrics().error(what.code);
  to.send(spliced(error_body(what), std::nullopt, re), 0);
}

} // namespace hansom
