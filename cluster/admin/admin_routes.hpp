#pragma once

#include "cluster/admin/admin_desk.hpp"

#include <memory>
#include <string>

namespace hansom {

/// The admin interface's views of actors, cells and trips, and the orders to
/// single actors; README.md has paths and shapes.
///
/// @param node must outlive the gateway that uses `routes`, or the desk's back
///        room must be stopped before it goes.
/// @param reads a store connection of its own; used one request at a time.
/// @param others the other nodes; must outlive `routes`. Null: none.
/// @returns what the handlers share.
shared_desk add_admin_routes(http_routes& routes, runtime& node,
                             std::string node_name,
                             std::unique_ptr<store::connection> reads,
                             elsewhere* others = nullptr);

} // namespace hansom
