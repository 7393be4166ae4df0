#pragma once

#include "actors/runtime/runtime.hpp"
#include "persistence/journal_writer.hpp"

#include <prometheus/collectable.h>

#include <memory>
#include <string>

namespace hansom {

/// Rides, cells and commits in Prometheus' words: what the business asks and
/// what we promise. No label ever holds the id of a person or a trip; of cells
/// the `dearest_cells` dearest are named, the rest is a distribution.
/// @param actors must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_ride_collector(runtime& actors,
                    std::shared_ptr<const journal_writer_stats> written);

inline constexpr std::size_t dearest_cells = 20;

/// The process: CPU, memory, descriptors, when it began, which node and version
/// it is.
std::shared_ptr<prometheus::Collectable>
make_process_collector(std::string node);

} // namespace hansom
