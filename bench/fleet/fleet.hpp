#pragma once

#include "bench/fleet/demand.hpp"

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

/// Simulated fleets: drivers and riders as websocket clients of a running
/// system. They know the public protocol and nothing else.
namespace hansom::fleet {

/// What goes wrong on purpose, each with a probability from 0 to 1. Ends when
/// the run drains.
struct mischief {
  double decline = 0.05;       ///< Per offer.
  double ignore = 0.03;        ///< Per offer: no answer at all.
  double driver_cancel = 0.02; ///< Per assignment, on the way to the pickup.
  double rider_cancel = 0.05;  ///< Per request, at a random moment.
  double off_net = 0.002;      ///< Per client and simulated minute.
  double teleport = 0.0005;    ///< Per position: one report 5 km away.
  double duplicate = 0.005;    ///< Per message: sent twice.
  double reorder = 0.005;      ///< Per message: sent after the next one.
};

/// Everything about a run.
struct fleet_options {
  /// The server; ws:// alone, the fleet speaks no TLS.
  std::string url = "ws://127.0.0.1:7400/v1/ws";
  /// More servers of the same system. Clients spread over all of them and go to
  /// the next when theirs is gone or sends them away.
  std::vector<std::string> more_urls;
  /// The server's development key, to make tokens with.
  std::string dev_key_file;

  std::uint32_t drivers = 1000;
  std::uint32_t riders = 2000;
  std::uint64_t first_driver = 1; ///< Account ids count up from here.
  std::uint64_t first_rider = 1;

  /// "city" for made-up demand, else a CSV file of trips.
  std::string demand = "city";
  csv_options csv;   ///< Its path is taken from `demand`.
  city_options city; ///< Used by "city".
  hour_range hours;  ///< Which part of the demand's day is run.
  /// Real seconds of demand; 0 runs until stopped, the day again and again.
  /// Less than 0: as long as the demand lasts.
  double duration_s = -1;
  /// Simulated seconds per real second, 0.1 to 100. The server's timers stay
  /// real, and it sees vehicles this much faster: its setting
  /// positions.speed_max_m_s must allow speed_m_s times this.
  double compression = 1;

  std::uint64_t seed = 1;
  std::uint32_t threads = 2; ///< 1 to 64; clients are spread over them.
  double connects_per_s = 250;

  double speed_m_s = 9;        ///< Mean of the drivers' speeds, simulated.
  double position_every_s = 4; ///< Simulated; jittered by a quarter.
  double boarding_s = 25;      ///< Mean, simulated.
  double away_s = 8;           ///< Mean time off the net, real seconds.
  /// So many real seconds after the demand began everybody drops off at once,
  /// and has to be back within 60 s; 0: never.
  double storm_s = 0;
  double wander = 0.5; ///< Share of idle drivers that cruise.
  double rate = 0.5;   ///< Share of riders that rate.
  mischief chaos;

  /// Road graph to drive along, else straight lines: two CSV files, plain or
  /// gzip, nodes (name, lat, lon) and links (start, end, seconds).
  std::string road_nodes;
  std::string road_links;
  std::string road_seconds = "delay8pm"; ///< Column of the links.

  /// After the demand ends every accepted trip must end within this many real
  /// seconds; 0 is 240 s plus an hour's ride at the compression.
  double drain_s = 0;
  double progress_every_s = 1; ///< Real; 0 is no progress.
  bool live_line = false;      ///< Rewrite one line, for a terminal.

  std::string json;    ///< Report as JSON into this file; "-" for the stream.
  std::string history; ///< What clients were promised, JSON lines, for
                       ///< `hansom check --history`.
};

/// @returns an empty text when the options are usable together, else which is
///          not, and what would be right.
std::string check(const fleet_options& options);

/// Runs a fleet until its demand is served, `stop` is set, or it cannot go on.
/// @param stop once set, the demand ends and the run drains; only read here.
/// @returns 0 when no invariant was seen broken, 1 when one was, 2 when the
///          run could not be made (bad options, nobody answers).
int run_fleet(const fleet_options& options, std::ostream& progress,
              std::ostream& report, std::atomic<bool>& stop);

} // namespace hansom::fleet
