#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/admin/admin_desk.hpp"
#include "cluster/admin/order_desk.hpp"
#include "gateway/http_routes.hpp"

namespace hansom {

/// What operations may do to a trip; takes a token of role operator:
///
///   POST /v1/admin/trips/ID/end  {"id":"c1","as":"completed","reason":"..."}
///
/// `id` is the caller's name for this order: said again, also after a crash, it
/// takes effect once and gets the same answer. Answered with 200 and
/// {"trip":"...","rev":5,"as":"completed"} once it is durable, with a problem
/// document when it is refused, and with 504 when nobody can say what became of
/// it within 10 s.
///
/// @param node must outlive the gateway that uses `routes`; its client port
///        must be `desk`, or answers never come.
/// @param looks also takes `POST .../trips/ID/trace`.
void add_trip_orders(http_routes& routes, runtime& node, order_desk& desk,
                     const shared_desk& looks);

} // namespace hansom
