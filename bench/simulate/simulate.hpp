#pragma once

#include "actors/dispatch_config.hpp"
#include "bench/fleet/demand.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

/// A whole city on a virtual clock: the real actors on CAF's deterministic test
/// scheduler, one thread, clients played in process. The same options give
/// the same output, to the last digit.
namespace hansom::simulate {

struct simulate_options {
  /// Trips to replay; an empty path makes demand up from `city`.
  fleet::csv_options demand;
  fleet::city_options city;
  fleet::hour_range hours;
  std::uint32_t drivers = 2000; ///< On shift all the time.
  std::uint64_t seed = 1;
  dispatch_config config; ///< Policy and cell level among others.
  double accept = 0.9;    ///< Probability that a driver takes an offer.
  double report_every_s = 4;
  bool compare = false; ///< All policies, one after the other.
  bool json = false;
};

/// What one run has shown.
struct simulate_figures {
  std::string policy;
  std::uint64_t requests = 0;
  std::uint64_t served = 0; ///< Rides completed.
  std::uint64_t expired = 0;
  std::uint64_t refused = 0;    ///< No quote, or the request was refused.
  std::uint64_t unfinished = 0; ///< Still under way when the run ended.
  std::uint64_t offers = 0;
  double wait_mean_s = 0; ///< Request until the driver is at the pickup.
  double wait_p50_s = 0;
  double wait_p95_s = 0;
  double empty_m = 0; ///< Driven to pickups, per ride.
  /// Every command that was refused, whoever said it.
  std::uint64_t errors = 0;
};

/// Simulates one policy, that of `options.config`.
/// @throws fleet::demand_error when the demand cannot be read.
simulate_figures simulate(const simulate_options& options);

/// The same over demand that has been read already.
simulate_figures simulate(const simulate_options& options,
                          const std::vector<fleet::ride_wish>& wishes);

/// `hansom simulate`: runs and prints, as text or as JSON.
/// @returns the exit code: 0, or 2 when the demand cannot be read.
int run_simulation(const simulate_options& options, std::ostream& out);

} // namespace hansom::simulate
