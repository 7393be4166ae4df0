#pragma once

#include "bench/fleet/histogram.hpp"

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

/// A load that costs little itself: one thread, frames made beforehand, no
/// behaviour. For measuring a system on the machine that also makes the load.
namespace hansom::fleet {

struct load_options {
  std::string url = "ws://127.0.0.1:7400/v1/ws";
  std::string dev_key_file;
  std::uint32_t drivers = 1000; ///< Connections, at most 100,000.
  std::uint64_t first_driver = 1;
  double connects_per_s = 250;
  double seconds = 10; ///< Of load; connecting comes before.
  std::uint64_t seed = 1;
  /// Where drivers and rides are: a square around this place.
  double lat = 40.758;
  double lon = -73.9855;
  double side_m = 8000;
};

struct position_load {
  load_options base;
  double positions_per_s = 1000; ///< Of all drivers together.
  /// Positions in one frame, 1 to 50. The server admits a few frames per
  /// second and driver.
  std::uint32_t per_frame = 1;
};

struct ride_load {
  load_options base;
  std::uint32_t riders = 1000;
  std::uint64_t first_rider = 1;
  /// Rides begun per second, open loop: whether or not earlier ones are done.
  double rides_per_s = 100;
  /// A ride not over by then is given up, and its rider asks anew.
  double give_up_s = 30;
};

struct load_result {
  bool connected = false; ///< Everybody was welcome before the load began.
  double seconds = 0;
  double cpu_s = 0;        ///< Of this thread, while under load.
  std::uint64_t sent = 0;  ///< Positions, or quotes asked for.
  std::uint64_t acked = 0; ///< Ride requests accepted.
  std::uint64_t offered = 0;
  std::uint64_t completed = 0;
  std::uint64_t refused = 0;   ///< Rides ended by an error.
  std::uint64_t told_when = 0; ///< Of these, with a time to come back.
  std::uint64_t given_up = 0;
  std::uint64_t no_rider = 0; ///< Begun by nobody: all riders were riding.
  std::uint64_t unsent = 0;   ///< The server did not read fast enough.
  std::uint64_t lost = 0;     ///< Connections.
  std::map<std::string, std::uint64_t> errors; ///< By code.
  histogram request_to_ack_us;
  histogram request_to_offer_us;
  histogram ride_us; ///< Quote asked for to completed.
};

/// Connects drivers, sends positions at the rate, and ends.
/// @throws std::runtime_error when it cannot begin.
load_result run_position_load(const position_load& options,
                              std::atomic<bool>& stop);

/// Runs rides as fast as the answers come: quote, request, offer, accept,
/// arrive, start, complete. Drivers stay where they are: the server's
/// dispatch.arrived_within_m must be 0. A rider who is refused with
/// retry_after_ms rests so long.
load_result run_ride_load(const ride_load& options, std::atomic<bool>& stop);

/// Writes what came out, one figure per line.
void write(std::ostream& out, const load_result& x);

} // namespace hansom::fleet
