#pragma once

#include "gateway/connection/outbox.hpp"
#include "protocol/errors.hpp"
#include "protocol/trace_context.hpp"

#include <string>

namespace hansom {

struct session;

/// A client's connection as its session sees it. All calls come from the
/// session's thread and return at once; nothing is called back from inside.
class link {
public:
  virtual ~link() = default;

  /// Queues one text frame.
  /// @param key a waiting frame of the same key is replaced; 0: never.
  virtual void send(std::string text, latest_key key) = 0;

  /// Sends what waits, then a close frame. Later calls are ignored.
  virtual void close(close_code why) = 0;

  /// Whose frames arrive here. Kept by the session host alone, which clears it
  /// when the session ends or goes elsewhere.
  session* speaker = nullptr;

  /// What the upgrade request said of the client's trace: the parent of
  /// commands that say nothing themselves.
  traceparent trace;

  /// The client has left: no session is to be put on it any more.
  bool lost = false;
};

} // namespace hansom
