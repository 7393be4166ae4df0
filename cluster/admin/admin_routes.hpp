#pragma once

#include "actors/runtime/runtime.hpp"
#include "gateway/http_routes.hpp"
#include "persistence/store.hpp"

#include <memory>

namespace hansom {

/// The read side of the admin interface, for operators and viewers:
///
///   GET /v1/admin/actors?kind=&text=&sort=&limit=   totals and the first rows
///   GET /v1/admin/actors/KIND/ID                    probe and state of one
///   GET /v1/admin/cells                             all cells of the node
///   GET /v1/admin/trips/ID                          state and journal
///   GET /v1/admin/trips/ID/why                      match explanation
///
/// @param node must outlive the gateway that uses `routes`.
/// @param reads a store connection of its own; used one request at a time.
void add_admin_routes(http_routes& routes, runtime& node,
                      std::unique_ptr<store::connection> reads);

} // namespace hansom
