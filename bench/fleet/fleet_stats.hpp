#pragma once

#include "bench/fleet/histogram.hpp"
#include "bench/fleet/notes.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hansom::fleet {

/// What one thread of a fleet counts.
struct fleet_stats {
  static constexpr std::size_t violations_kept = 50;

  std::uint64_t wishes = 0;   ///< Rides wanted so far.
  std::uint64_t gave_up = 0;  ///< Wishes that the server refused for good.
  std::uint64_t waited = 0;   ///< Wishes that waited for a free rider.
  std::uint64_t late = 0;     ///< Wishes dropped: no rider came free.
  std::uint64_t commands = 0; ///< Without repetitions.
  std::uint64_t repeated = 0; ///< Commands sent again with their id.
  std::uint64_t positions = 0;
  std::uint64_t offers = 0;
  std::uint64_t accepted = 0; ///< Offers answered yes, declined, ignored.
  std::uint64_t declined = 0;
  std::uint64_t ignored = 0;
  std::uint64_t connects = 0; ///< Welcomes, first ones and later ones.
  std::uint64_t reconnects = 0;
  std::uint64_t resumes = 0;     ///< Reconnects that replayed what was missed.
  std::uint64_t resyncs = 0;     ///< Full states in place of a replay.
  std::uint64_t pushes = 0;      ///< Frames with a seq.
  std::uint64_t online = 0;      ///< Now.
  std::uint64_t dropped_off = 0; ///< All at once, in a storm.
  std::uint64_t storm_ms = 0;    ///< Until the last of them was back.
  std::uint64_t expected_jumps = 0;            ///< Teleports sent.
  std::map<std::string, std::uint64_t> errors; ///< By code.
  std::map<std::string, std::uint64_t> closes; ///< By code or reason.
  histogram ack_us; ///< Command first sent to its ack.

  std::map<std::string, std::uint64_t> broken; ///< Violations by invariant.
  std::vector<violation> violations;           ///< The first ones.

  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;

  void merge(const fleet_stats& x);
  void report(violation x);
  std::uint64_t broken_count() const;
};

} // namespace hansom::fleet
