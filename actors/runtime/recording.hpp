#pragma once

#include "actors/runtime/message_kind.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace hansom {

/// One message that an actor has handled while somebody looked.
struct message_record {
  std::uint64_t seq = 0; ///< Within its recording, from 1.
  timestamp at;          ///< When it was handled.
  entity_ref who;
  message_kind kind = 0;
  std::uint64_t took_us = 0;
  bool failed = false; ///< The handler threw.
  trip_id trip;
  std::string text; ///< The message itself.
};

/// What somebody wants to see live: all messages of one actor, or all about one
/// trip. Ends by itself. Thread-safe.
class recording {
public:
  using steady = std::chrono::steady_clock;

  struct limits {
    std::size_t kept = 256;                 ///< The newest.
    std::uint32_t per_second = 200;         ///< More are dropped, and counted.
    std::uint64_t messages_max = 0;         ///< Then it ends; 0: never.
    std::chrono::milliseconds life{30'000}; ///< Since begun or asked for.
  };

  recording(entity_ref whom, limits with);

  [[nodiscard]] entity_ref whom() const noexcept {
    return whom_;
  }

  /// Takes a message in, unless it has ended.
  void take(message_record x);

  /// Makes it live on for its time from now.
  void prolong();

  /// Ends it now.
  void end();

  [[nodiscard]] bool ended() const;

  struct part {
    std::vector<message_record> messages; ///< Oldest first.
    std::uint64_t next = 0;               ///< Ask for what is after this.
    std::uint64_t recorded = 0;
    std::uint64_t dropped = 0;
    std::uint64_t messages_max = 0;
    std::chrono::milliseconds left{0}; ///< 0: it has ended.
  };
  /// @returns what came after `after`, and how things stand.
  [[nodiscard]] part read(std::uint64_t after) const;

private:
  [[nodiscard]] bool is_over(steady::time_point now) const;

  const entity_ref whom_;
  const limits with_;
  mutable std::mutex mutex_;
  steady::time_point until_;
  steady::time_point second_began_;
  std::uint32_t this_second_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t dropped_ = 0;
  bool ended_ = false;
  std::deque<message_record> kept_;
};

} // namespace hansom
