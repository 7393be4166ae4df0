#pragma once

#include "actors/messages.hpp"
#include "protocol/errors.hpp"

#include <string>

namespace hansom {

/// How a frame for a client is treated on its way.
enum class delivery : std::uint8_t {
  reply,  ///< Answers one command; not replayed (the client asks again).
  event,  ///< Gets the session's next seq; replayed on resume.
  latest, ///< Latest wins per (session, type); dropped first; never replayed.
};

/// A frame for one session. `body` is a JSON object without session fields.
struct client_frame {
  session_ref to;
  delivery how = delivery::event;
  std::string re;   ///< With `reply`: the client message id.
  std::string body; ///< {"type":"...",...}
};

/// What the actors know of the gateway. Implementations are thread-safe, never
/// block, and bound what they hold; a session that is gone swallows its frames
/// and counts them.
class client_port {
public:
  virtual ~client_port() = default;

  virtual void deliver(client_frame frame) = 0;

  /// Answers `attach`: `state` is the client's full truth, a JSON object.
  virtual void attached(session_ref to, std::string state) = 0;

  /// Ends a session, for example because a newer one replaced it.
  virtual void close(session_ref to, close_code why) = 0;

  /// Names the trip that a driver's positions go to; none when `trip` is zero.
  virtual void follow(session_ref to, trip_id trip) = 0;
};

} // namespace hansom
