#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// A second memory of what sessions' clients may have missed, outside of this
/// process: with it a client resumes on any node, and on the same one after a
/// crash. It may forget, but never return a part. Thread-safe; never blocks.
class resume_mirror {
public:
  /// A session as its client names it.
  struct session_name {
    std::uint64_t session = 0;
    std::uint64_t secret = 0;
    entity_ref client;
  };

  struct past {
    std::vector<std::string> frames; ///< All after the asked number, in order.
    std::uint32_t life = 1;          ///< Which wrote the newest of them.
  };
  using past_callback = std::function<void(std::optional<past>)>;

  virtual ~resume_mirror() = default;

  /// Keeps a frame.
  /// @param life how often the session has moved; a former one's frames no
  ///        longer count.
  /// @param oldest number of the oldest frame still worth keeping.
  virtual void push(const session_name& whose, std::uint64_t seq,
                    std::uint32_t life, std::uint64_t oldest,
                    std::string_view frame) = 0;

  /// The session has lost its client, or ended: forget it after `within`.
  virtual void expire(const session_name& whose, milliseconds within) = 0;

  /// Calls `done` once, on any thread, within a fraction of a second; with
  /// nothing unless every frame after `seq` is there.
  virtual void fetch(const session_name& whose, std::uint64_t seq,
                     past_callback done) = 0;
};

/// Counts the hellos of each client on all nodes together. Thread-safe; never
/// blocks.
class hello_limit {
public:
  virtual ~hello_limit() = default;

  /// Counts one more. Calls `too_many`, on any thread, when the client has had
  /// more than it may; says nothing when it cannot know.
  virtual void count(entity_ref client, std::function<void()> too_many) = 0;
};

} // namespace hansom
