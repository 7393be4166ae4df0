#pragma once

#include "actors/driver/position_filter.hpp"
#include "actors/messages.hpp"
#include "gateway/access/token.hpp"
#include "gateway/link.hpp"
#include "gateway/session/session_ring.hpp"
#include "gateway/session/token_bucket.hpp"
#include "protocol/tracer.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hansom {

/// A command without an answer so far.
struct pending_command {
  std::string id;
  std::uint8_t kind = 0;                       ///< Index into client_message.
  std::chrono::steady_clock::time_point since; ///< For the latency metric.
  timestamp deadline;
  live_span trace; ///< Nothing when it is not recorded.
};

enum class session_phase : std::uint8_t {
  attaching, ///< The entity has been asked for the client's state.
  live,
  detached, ///< No connection; kept for a resume.
};

/// One client's conversation; outlives its connection.
struct session {
  // -- who --------------------------------------------------------------------
  session_ref ref;
  std::uint64_t secret =
    0; ///< The half of the visible id that nobody else has.
  entity_ref client;
  client_role role = client_role::viewer;
  timestamp token_expires;
  timestamp token_issued;
  std::string token_id;
  std::string device;

  // -- connection -------------------------------------------------------------
  std::shared_ptr<link> to; ///< Null while detached.
  session_phase phase = session_phase::attaching;
  bool resumed = false;  ///< While attaching: replay after `client_seq`.
  bool gap = false;      ///< While attaching: a resume that cannot replay.
  bool restored = false; ///< While attaching: from the mirror's memory.
  bool warned = false;   ///< That the token ends.
  std::uint64_t client_seq = 0;
  timestamp deadline;     ///< Attaching: give up. Detached: forget.
  timestamp ask_again;    ///< Live: the entity has moved, and is asked until it
                          ///< answers; 0: nothing is asked.
  timestamp leave_at;     ///< Draining: when this client is sent away; 0: not.
  std::string welcome_re; ///< The id of the hello, if it had one.
  /// The client believes that it is on this trip, and has heard nothing of it
  /// since it said so; zero: none.
  trip_id believes;

  // -- pushes and commands ----------------------------------------------------
  session_ring ring;
  std::uint32_t life = 1; ///< In the mirror: grows when the session moves.
  std::vector<pending_command> in_flight;
  token_bucket commands;
  token_bucket positions;
  token_bucket faults;

  // -- drivers ----------------------------------------------------------------
  position_filter_state filter;
  position_filter_state place; ///< The last position sent on.
  cell_id cell;                ///< Of it.
  timestamp moved_at;          ///< The last `driver_moved`.
  timestamp scolded;           ///< The last error about positions.
  trip_id follow;              ///< Positions go to this trip, too.
};

/// @returns the session's id as clients know it: 32 hex digits.
std::string session_text(const session& x);

/// Reads `session_text`. @returns `false` when it is none.
bool parse_session(std::string_view text, std::uint64_t& id,
                   std::uint64_t& secret) noexcept;

/// The worker is part of the session's number, so that any worker knows where
/// to resume it.
constexpr std::uint16_t worker_of(std::uint64_t session) noexcept {
  return static_cast<std::uint16_t>(session & 0xff);
}

} // namespace hansom
