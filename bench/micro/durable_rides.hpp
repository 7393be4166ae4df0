#pragma once

#include "persistence/store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace hansom::bench {

/// How fast something went, and what the slow ones waited.
struct pace {
  double per_s = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

/// Waiting times, to be sorted at the end.
class latencies {
public:
  using clock = std::chrono::steady_clock;

  void add(clock::time_point from, clock::time_point to) {
    ms_.push_back(std::chrono::duration<double, std::milli>{to - from}.count());
  }
  /// @param took seconds; the object is used up.
  pace finish(double took);

private:
  std::vector<double> ms_;
};

/// Rides as a store sees them: request, assignment, arrival, start, end; each a
/// command of its own with an event of 250 bytes and a state of 420, claims,
/// and money in the last. Commits as the journal writer does: what waits when a
/// batch returns is the next one, up to `batch_max`.
class durable_rides {
public:
  /// Rows that a command inserts, changes or deletes, on average: per ride 5
  /// events, 5 states, 5 commands, 3 claims taken, 2 given back, 1 transfer.
  static constexpr double rows_per_command = 21.0 / 5;
  static constexpr std::size_t batch_max = 256;

  /// Takes over all shards of a store that is migrated and empty.
  explicit durable_rides(store::factory& from);

  /// So many commands wait at any time; who is answered says the next one.
  pace closed(std::size_t at_once, double seconds);

  /// Commands come at a steady rate, whatever the store does; a ride's next one
  /// a second after the last.
  pace open(double per_s, double seconds);

private:
  struct waiting {
    std::uint64_t ride, step;
    latencies::clock::time_point since;
  };

  [[nodiscard]] store::write make(std::uint64_t ride, std::uint64_t step) const;
  void commit(const std::vector<waiting>& batch);

  std::unique_ptr<store::connection> db_;
  store::incarnation self_ = 0;
  std::vector<store::shard_row> rows_;
  std::uint64_t next_ = 1;
};

} // namespace hansom::bench
