#pragma once

#include "cluster/admin/stored_trip.hpp"

#include <nlohmann/json_fwd.hpp>

namespace hansom {

/// One trip across the actors that it concerns, in order of time: its journal,
/// what they remember of it, and what a live trace has recorded.
nlohmann::json trace_json(admin_desk& desk, trip_id trip,
                          const stored_trip& stored, client_role role);

} // namespace hansom
