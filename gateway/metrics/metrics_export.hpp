#pragma once

#include "gateway/metrics/metrics.hpp"

#include <prometheus/collectable.h>

#include <memory>
#include <vector>

namespace hansom {

/// All workers' numbers, summed, in Prometheus' words. No label ever holds an
/// id of a trip, driver or rider.
/// @param workers must outlive the result, and `draining` too.
std::shared_ptr<prometheus::Collectable>
make_gateway_collector(std::vector<const worker_metrics*> workers,
                       const std::atomic<bool>& draining);

} // namespace hansom
