#pragma once

#include "actors/runtime/runtime.hpp"
#include "persistence/journal_writer.hpp"

#include <prometheus/collectable.h>

#include <memory>

namespace hansom {

/// Actors and store in Prometheus' words. No label ever holds an id.
/// @param actors must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_node_collector(runtime& actors,
                    std::shared_ptr<const journal_writer_stats> written);

} // namespace hansom
