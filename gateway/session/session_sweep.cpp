/// What happens to sessions without a word of theirs: time passes, tokens are
/// taken back, the node closes.

#include "gateway/session/session_host.hpp"
#include "protocol/server_frames.hpp"

namespace hansom {

void session_host::sweep() {
  auto t = now();
  for (auto i = sessions_.begin(); i != sessions_.end();) {
    auto& s = *(i++)->second; // Sweeping may erase it.
    sweep_one(s, t);
  }
}

void session_host::sweep_one(session& s, timestamp t) {
  if (s.phase == session_phase::detached) {
    if (t >= s.deadline) {
      // Said once more: nobody will come back, keep no events for it.
      parts_.actors->send(s.client, hansom::detach{s.ref});
      metrics().sessions.subtract();
      sessions_.erase(s.ref.session);
    }
    return;
  }
  if (s.leave_at && t >= s.leave_at) {
    s.to->close(close_code::going_away);
    return detach(s);
  }
  if (s.phase == session_phase::attaching && t >= s.deadline) {
    refuse(s, s.welcome_re, error_code::store_unavailable);
    s.to->close(close_code::overloaded);
    return detach(s);
  }
  if (s.ask_again && t >= s.ask_again)
    ask_again(s);
  expire_commands(s, t);
  warn_or_expire(s, t);
}

void session_host::expire_commands(session& s, timestamp t) {
  // Oldest first, and the deadline is the same for all.
  while (!s.in_flight.empty() && t >= s.in_flight.front().deadline) {
    end_trace(s, s.in_flight.front(), facts(error_code::unknown_outcome).code);
    auto id = std::move(s.in_flight.front().id);
    s.in_flight.erase(s.in_flight.begin());
    admission_.answered();
    refuse(s, id, error_code::unknown_outcome);
  }
}

void session_host::warn_or_expire(session& s, timestamp t) {
  if (t >= s.token_expires) {
    refuse(s, {}, error_code::token_expired);
    s.to->close(close_code::token_refresh);
    return detach(s);
  }
  if (!s.warned && s.phase == session_phase::live
      && s.token_expires - t <= config().token_warning) {
    s.warned = true;
    auto body = token_expiring_body(s.token_expires);
    auto key = key_of(body);
    send(s, std::move(body), key);
  }
}

void session_host::flush_positions() {
  batches_.flush([this](cell_id cell, std::string packed) {
    metrics().position_batches.add();
    parts_.actors->send(cell, position_batch{std::move(packed)});
  });
}

void session_host::revoke(const revocation& x) {
  for (auto& [id, s] : sessions_) {
    if (!s->to)
      continue; // Who resumes it needs a good token.
    identity who;
    who.role = s->role;
    who.subject = std::to_string(s->client.id);
    who.issued_at = s->token_issued;
    who.token_id = s->token_id;
    if (!covers(x, who))
      continue;
    refuse(*s, {}, error_code::unauthenticated, "the token has been revoked");
    if (!s->to)
      continue;
    s->to->close(close_code::unauthenticated);
    detach(*s);
  }
}

void session_host::drain(milliseconds within) {
  leave_within_ = std::max(within, milliseconds{1});
  for (auto& [id, s] : sessions_)
    ask_to_leave(*s);
}

void session_host::ask_to_leave(session& s) {
  if (!s.to) // Lost, perhaps by the very frame before this.
    return;
  auto most = static_cast<std::uint64_t>(leave_within_.count());
  auto wait = parts_.actors->random() % most;
  s.leave_at = now() + milliseconds{static_cast<std::int64_t>(wait)};
  // Not all at once at the next gateway either.
  auto reconnect = static_cast<std::uint32_t>(parts_.actors->random() % most);
  s.to->send(go_away_body(reconnect), 0);
}

} // namespace hansom
