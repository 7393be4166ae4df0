#pragma once

#include "actors/runtime/runtime.hpp"

#include <string>
#include <vector>

namespace hansom {

/// The sessions of one client: one for each device, few devices. A session that
/// is away, its connection lost, is still told every event: the gateway keeps
/// them for its client's return.
class session_set {
public:
  static constexpr std::size_t devices_max = 4;

  /// Takes a session in. An older session of the same device is closed as
  /// replaced, so is the oldest of all when there are too many.
  void attach(runtime& rt, const hansom::attach& x);

  /// The session is away; said once more, it is gone for good.
  /// @returns whether it was present.
  bool detach(session_ref x);

  /// Sends a frame to all sessions that have been welcomed; to those that are
  /// away events only.
  void push(runtime& rt, delivery how, const std::string& body) const;

  /// Sends an event to one of them, if it has been welcomed.
  void push_to(runtime& rt, session_ref to, const std::string& body) const;

  /// Directs the driver's positions to `trip`; nowhere when it is zero.
  void follow(runtime& rt, trip_id trip) const;

  /// Answers every `attach` that has not been answered yet.
  void welcome(runtime& rt, const std::string& state);

  /// Ends all sessions: their clients come back, perhaps to another node.
  void close(runtime& rt, close_code why);

  [[nodiscard]] bool has_unwelcomed() const;
  /// @returns whether no session is present.
  [[nodiscard]] bool empty() const noexcept {
    return size() == 0;
  }
  /// @returns how many are present.
  [[nodiscard]] std::size_t size() const noexcept;

private:
  struct entry {
    session_ref session;
    std::string device;
    bool waits = true;     ///< For the answer to its `attach`.
    bool welcomed = false; ///< At least once: its client counts on events.
    bool away = false;
  };

  std::vector<entry>::iterator find_surplus(const hansom::attach& x);

  std::vector<entry> entries_; ///< Oldest first.
};

} // namespace hansom
