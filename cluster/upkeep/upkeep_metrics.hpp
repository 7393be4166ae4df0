#pragma once

#include "gateway/gateway.hpp"
#include "persistence/upkeep/upkeep.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <memory>

namespace hansom {

/// Where the job is kept; null while there is none.
using upkeep_source = std::function<const upkeep_stats*()>;

/// Housekeeping in Prometheus' words.
std::shared_ptr<prometheus::Collectable>
make_upkeep_collector(upkeep_source from);

/// Degraded when the last pass did not end, with the reason.
health_source upkeep_health(upkeep_source from);

/// @returns progress as a JSON object, for `GET /v1/admin/upkeep`.
std::string describe_upkeep(const upkeep_stats& x);

} // namespace hansom
