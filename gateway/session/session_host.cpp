#include "gateway/session/session_host.hpp"

#include "protocol/server_frames.hpp"

#include <limits>

namespace hansom {

namespace {

/// An entity that is on its way to another node answers when it is there.
constexpr milliseconds ask_again_every{2000};

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

session_host::session_host(parts with) : parts_{std::move(with)} {
}

// -- hello --------------------------------------------------------------------

std::optional<hello_request>
session_host::read_hello(link& from, std::string_view text,
                         const identity* from_header) {
  auto give_up = [&](error_code why, std::string_view message, close_code code,
                     std::string where = {}) -> std::optional<hello_request> {
    refuse(from, decoded_.id, {why, std::move(where), std::string{message}});
    from.close(code);
    return std::nullopt;
  };
  decoded_.id.clear();
  if (!decode_frame(text, decoded_, error_)) {
    metrics().frames_bad.add();
    return give_up(error_.code, error_.message, close_code::protocol_violation,
                   error_.where);
  }
  metrics().frames_in[decoded_.body.index()].add();
  auto* said = std::get_if<hello>(&decoded_.body);
  if (said == nullptr)
    return give_up(error_code::hello_expected, {},
                   close_code::protocol_violation);
  hello_request result;
  if (said->token) {
    auto verdict = parts_.tokens->verify(*said->token, now());
    if (!verdict.who)
      return give_up(verdict.error, verdict.message,
                     close_code::unauthenticated);
    result.who = std::move(*verdict.who);
  } else if (from_header != nullptr) {
    result.who = *from_header;
  } else {
    return give_up(error_code::unauthenticated,
                   "hello needs a token, here or as a bearer token in the "
                   "Authorization header",
                   close_code::unauthenticated);
  }
  if (result.who.role != client_role::driver
      && result.who.role != client_role::rider)
    return give_up(error_code::forbidden,
                   "only drivers and riders talk over this websocket",
                   close_code::forbidden);
  result.id = decoded_.id;
  if (said->device)
    result.device = *said->device;
  if (said->trip)
    result.trip = *said->trip;
  if (said->resume) {
    result.wants_resume = true;
    result.seq = said->resume->seq;
    if (!parse_session(said->resume->session, result.session, result.secret))
      result.session = 0;
  }
  return result;
}

std::uint64_t session_host::open(std::shared_ptr<link> from,
                                 hello_request hello) {
  // It may have been revoked on the way from another worker.
  if (parts_.tokens->is_revoked(hello.who)) {
    refuse(*from, hello.id, error_code::unauthenticated,
           "the token has been revoked");
    from->close(close_code::unauthenticated);
    return 0;
  }
  // Lost connections leave sessions behind; they too must have an end.
  if (sessions_.size() >= std::size_t{2} * config().connections_max) {
    refuse(*from, hello.id, error_code::overloaded);
    from->close(close_code::overloaded);
    return 0;
  }
  auto id = (parts_.secrets() & ~std::uint64_t{0xff}) | parts_.worker;
  auto [slot, fresh] = sessions_.try_emplace(id);
  if (!fresh) { // Once in 2^56: the client will try again.
    from->close(close_code::internal);
    return 0;
  }
  slot->second = std::make_unique<session>();
  auto& s = *slot->second;
  s.ref = {parts_.node, parts_.worker, id};
  s.secret = parts_.secrets();
  s.client = hello.who.client;
  s.role = hello.who.role;
  take_token(s, hello.who);
  s.device = std::move(hello.device);
  s.welcome_re = std::move(hello.id);
  bind(s, std::move(from));
  s.gap = hello.wants_resume;
  s.believes = hello.trip;
  metrics().sessions.add();
  attach(s);
  return id;
}

bool session_host::resume(const std::shared_ptr<link>& from,
                          const hello_request& hello) {
  auto found = sessions_.find(hello.session);
  if (found == sessions_.end() || found->second->secret != hello.secret
      || found->second->client != hello.who.client
      || parts_.tokens->is_revoked(hello.who))
    return false;
  auto& s = *found->second;
  if (s.to) // The old connection may be dead without knowing it.
    s.to->close(close_code::replaced);
  unbind(s);
  bind(s, from);
  take_token(s, hello.who);
  s.warned = false;
  s.leave_at = {};
  s.welcome_re = hello.id;
  s.client_seq = hello.seq;
  s.believes = hello.trip;
  // Judged again when the entity has answered: the ring may move on meanwhile.
  s.resumed = s.ring.reaches_back_to(hello.seq);
  s.gap = !s.resumed;
  attach(s);
  return true;
}

bool session_host::restore(const std::shared_ptr<link>& from,
                           const hello_request& hello,
                           resume_mirror::past what) {
  if (sessions_.size() >= std::size_t{2} * config().connections_max
      || parts_.tokens->is_revoked(hello.who))
    return false;
  auto [slot, fresh] = sessions_.try_emplace(hello.session);
  if (!fresh)
    return false;
  slot->second = std::make_unique<session>();
  auto& s = *slot->second;
  s.ref = {parts_.node, parts_.worker, hello.session};
  s.secret = hello.secret;
  s.client = hello.who.client;
  s.role = hello.who.role;
  take_token(s, hello.who);
  s.device = hello.device;
  s.welcome_re = hello.id;
  s.client_seq = hello.seq;
  s.believes = hello.trip;
  s.ring.restore(hello.seq, std::move(what.frames));
  s.life = what.life + 1;
  s.resumed = true;
  s.restored = true;
  bind(s, from);
  metrics().sessions.add();
  attach(s);
  return true;
}

void session_host::take_token(session& s, const identity& who) {
  s.token_expires = who.expires_at;
  s.token_issued = who.issued_at;
  s.token_id = who.token_id;
}

void session_host::bind(session& s, std::shared_ptr<link> to) {
  s.to = std::move(to);
  s.to->speaker = &s;
}

void session_host::unbind(session& s) {
  if (s.to)
    s.to->speaker = nullptr;
  s.to.reset();
}

void session_host::attach(session& s) {
  s.phase = session_phase::attaching;
  s.deadline = now() + config().attach_timeout;
  parts_.actors->send(s.client, hansom::attach{s.ref, s.device});
}

void session_host::reattach(const shard_set& moved) {
  for (auto& [id, s] : sessions_) {
    auto is_new = moved.test(shard_of(s->client));
    if (s->phase == session_phase::detached) {
      if (!is_new)
        continue;
      // What happens from now on is not kept for it: no replay may hide that.
      s->ring.push({}, config().ring_events_max, config().ring_bytes_max);
      s->ring.forget();
      continue;
    }
    if (is_new)
      ask_again(*s);
    // A driver's new actor does not know where he is, his cell's nobody at all.
    if (s->cell && (is_new || moved.test(shard_of(s->cell))))
      tell_place(*s, now());
  }
}

/// Until it answers: it may be under way still.
void session_host::ask_again(session& s) {
  s.ask_again = now() + ask_again_every;
  parts_.actors->send(s.client, hansom::attach{s.ref, s.device});
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
}

/// After the full state, which knows trips that go on and no others.
void session_host::ask_about_trip(session& s) {
  if (s.believes)
    parts_.actors->send(s.client, believed_trip{s.ref, s.believes});
}

void session_host::lost(link& which) {
  if (which.speaker != nullptr)
    detach(*which.speaker);
}

void session_host::detach(session& s) {
  unbind(s);
  s.phase = session_phase::detached;
  s.deadline = now() + config().session_kept;
  s.leave_at = {};
  // Answers are not replayed; the client asks again with the same id.
  forget_commands(s, "client_gone");
  parts_.actors->send(s.client, hansom::detach{s.ref});
  expire_mirrored(s);
}

void session_host::expire_mirrored(const session& s) {
  if (parts_.mirror != nullptr && s.ring.last() != 0)
    parts_.mirror->expire({s.ref.session, s.secret, s.client},
                          config().session_kept);
}

void session_host::end(session& s, close_code why) {
  if (s.to)
    s.to->close(why);
  unbind(s);
  expire_mirrored(s);
  forget_commands(s, "session_ended");
  metrics().sessions.subtract();
  sessions_.erase(s.ref.session);
}

// -- from actors --------------------------------------------------------------

session* session_host::find(session_ref x) noexcept {
  auto found = sessions_.find(x.session);
  return found == sessions_.end() ? nullptr : found->second.get();
}

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
