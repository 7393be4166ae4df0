#pragma once

#include "actors/runtime/runtime.hpp"

#include <string>
#include <vector>

namespace hansom {

/// The sessions of one client: one for each device, few devices.
class session_set {
public:
  static constexpr std::size_t devices_max = 4;

  /// Takes a session in. An older session of the same device is closed as
  /// replaced, so is the oldest of all when there are too many.
  void attach(runtime& rt, const hansom::attach& x);

  /// @returns whether the session was known.
  bool detach(session_ref x);

  /// Sends a frame to all sessions.
  void push(runtime& rt, delivery how, const std::string& body) const;

  /// Directs the driver's positions to `trip`; nowhere when it is zero.
  void follow(runtime& rt, trip_id trip) const;

  /// Answers every `attach` that has not been answered yet.
  void welcome(runtime& rt, const std::string& state);

  /// Ends all sessions: their clients come back, perhaps to another node.
  void close(runtime& rt, close_code why);

  [[nodiscard]] bool has_unwelcomed() const;
  [[nodiscard]] bool empty() const noexcept {
    return entries_.empty();
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }

private:
  struct entry {
    session_ref session;
    std::string device;
    bool welcomed = false;
  };

  std::vector<entry> entries_; ///< Oldest first.
};

} // namespace hansom
