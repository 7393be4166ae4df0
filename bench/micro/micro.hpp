#pragma once

#include "bench/micro/row.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

/// The parts by themselves. Each function measures in the calling process,
/// which must have no other threads, and should be one of its own: memory and
/// CPU are taken for the process as a whole.
namespace hansom::bench {

/// CAF alone: position updates into 64 cells, one by one and packed.
void measure_messages(const report& to, const effort& how);

/// SQLite alone, then the store, then the journal writer actor.
/// @param folder empty, on the disk to be measured.
void measure_group_commit(const report& to, const effort& how,
                          const std::string& folder);

/// Durable commands on SQLite and PostgreSQL, beside bare rows of the latter.
/// @param folder empty, on the disk to be measured.
/// @param postgres_url the owner's, of an empty database; empty: SQLite alone.
void measure_durable(const report& to, const effort& how,
                     const std::string& folder,
                     const std::string& postgres_url);

/// The exact solver for batches of 50 to 1000 requests.
void measure_assignment(const report& to, const effort& how);

/// What every position and every frame goes through.
void measure_functions(const report& to, const effort& how);

/// 200,000 driver actors through the runtime, against as many bare ones.
void measure_actors(const report& to, const effort& how);

/// What `measure_actors` found, for others to take off: bytes per driver actor.
double driver_actor_bytes(std::uint32_t drivers);

/// What a bare server has done so far; lives in memory shared with it.
struct bare_counters {
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> connections{0};
};

/// A websocket server that does nothing with what it reads: Beast, one thread,
/// no timeouts. Answers each client's first frame with a welcome. Serves until
/// the process is killed.
void serve_bare(std::uint16_t port, bare_counters& counters);

} // namespace hansom::bench
