#pragma once

#include "actors/messages.hpp"

#include <cstddef>
#include <vector>

namespace hansom {

/// Which sessions wait to hear how a trip of theirs ended. The trip may be on
/// another node, the store may be away: it is asked until it answers, for a
/// minute and a half. A trip that does not know the client never does.
///
/// Belongs to one actor and is used on its thread only.
class trip_questions {
public:
  static constexpr std::size_t most = 8;
  static constexpr int tries_max = 9;

  /// @returns `false` when too many wait.
  bool add(session_ref who, trip_id about);

  /// The session is gone.
  void forget(session_ref who);

  /// The trip has answered. @returns who waits for it, no more.
  std::vector<session_ref> take(trip_id about);

  /// It is time to ask once more. @returns whom; nobody after too many tries.
  std::vector<trip_id> again();

  /// @returns until when the next answer may take.
  [[nodiscard]] milliseconds patience() const noexcept;

  [[nodiscard]] bool empty() const noexcept {
    return waiting_.empty();
  }

private:
  struct question {
    session_ref who;
    trip_id about;
  };

  std::vector<question> waiting_;
  int tries_ = 0; ///< Of the newest.
};

} // namespace hansom
