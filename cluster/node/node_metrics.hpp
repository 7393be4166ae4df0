#pragma once

#include "actors/runtime/runtime.hpp"
#include "gateway/gateway.hpp"
#include "persistence/journal_writer.hpp"

#include <prometheus/collectable.h>

#include <memory>

namespace hansom {

/// Actors and store in Prometheus' words. No label ever holds an id.
/// @param actors must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_node_collector(runtime& actors,
                    std::shared_ptr<const journal_writer_stats> written);

/// Whether what entities do becomes durable in time.
health_check journal_health(const journal_writer_stats& written,
                            std::size_t queue_max);

} // namespace hansom
