#pragma once

#include "protocol/ids.hpp"
#include "protocol/states.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hansom::fleet {

/// One thing that a client did or heard, small enough to keep some of for each
/// of many clients.
struct note {
  float at_s = 0;
  const char* what = "";    ///< A literal: the frame's type, or "connected".
  char direction = ' ';     ///< '>' sent, '<' heard, '-' neither.
  std::uint8_t phase = 255; ///< trip_phase, 255 for none.
  std::uint32_t number = 0; ///< Of the command, 0 for none.
  std::uint32_t rev = 0;
  std::uint64_t seq = 0;
  trip_id trip;
  driver_id driver;
};

/// The newest notes of one client.
class notes {
public:
  static constexpr std::size_t kept = 24;

  void add(const note& x) noexcept {
    ring_[count_++ % kept] = x;
  }

  /// @returns one line for each note, oldest first.
  std::vector<std::string> lines() const;

private:
  std::array<note, kept> ring_{};
  std::uint32_t count_ = 0;
};

/// A broken invariant and what shows it.
struct violation {
  std::string invariant; ///< "I2"
  std::string what;
  entity_ref client;
  double at_s = 0;
  std::vector<std::string> history;
};

} // namespace hansom::fleet
