#include "gateway/session/session_host.hpp"

#include "protocol/server_frames.hpp"

namespace hansom {

namespace {

/// An entity that is on its way to another node answers when it is there.
constexpr milliseconds ask_again_every{2000};

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

session* session_host::find(session_ref x) noexcept {
  auto found = sessions_.find(x.session);
  return found == sessions_.end() ? nullptr : found->second.get();
}

} // namespace hansom
