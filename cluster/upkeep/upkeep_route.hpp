#pragma once

#include "cluster/upkeep/upkeep_metrics.hpp"
#include "gateway/http_routes.hpp"

namespace hansom {

/// GET /v1/admin/upkeep: how far housekeeping is; for operators and viewers.
void add_upkeep_route(http_routes& routes, upkeep_source from);

} // namespace hansom
