#pragma once

#include "bench/micro/row.hpp"
#include "bench/suite/server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hansom::bench {

/// What the measurements of the whole system share.
struct scene {
  effort how;
  std::string hansom; ///< The program.
  std::string folder; ///< For stores, logs and profiles.
  bool profile = false;

  /// Starts a node over an empty store, without limits per client: one
  /// machine plays them all. Waits until it serves.
  /// @param set more settings, "key=value".
  [[nodiscard]] std::unique_ptr<server>
  start(const std::vector<std::string>& set) const;
  /// The same over the store that is there.
  [[nodiscard]] std::unique_ptr<server>
  start_again(const std::vector<std::string>& set) const;

  /// Of the store of the node started last.
  [[nodiscard]] std::string data() const {
    return folder + "/data";
  }
  [[nodiscard]] std::string key_file() const {
    return data() + "/dev.key";
  }
  /// What to type to see where the time goes.
  [[nodiscard]] static std::string how_to_profile(const std::string& section);
  /// Records the server's stacks for so long when profiles are asked for, else
  /// only waits.
  void record(const server& whom, const std::string& name,
              double seconds) const;
};

/// Positions from sockets into the index of their cells.
void measure_positions(const report& to, const scene& at);

/// Connections that do nothing.
void measure_idle(const report& to, const scene& at);

/// What it costs to be looked at, with 200,000 actors (quick: 50,000).
void measure_console(const report& to, const scene& at);

/// Whole rides, flat out and at parts of what the node can do.
void measure_rides(const report& to, const scene& at);

/// A start over a store with 100,000 open trips (quick: 20,000).
/// @param postgres_url the owner's, of an empty database; empty: SQLite alone.
void measure_recovery(const report& to, const scene& at,
                      const std::string& postgres_url);

} // namespace hansom::bench
