#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/map/map_feed.hpp"
#include "gateway/http_routes.hpp"

namespace hansom {

/// Asks all cells of the node for their pictures, at most half a second.
/// @param node must outlive what is returned.
map_feed::source pictures_of(runtime& node);

/// For viewers and operators:
///
///   GET /v1/admin/map           the city now, whole
///   GET /v1/admin/map?after=N   what has changed since frame N, as soon as
///                               something later is known
///
/// See `map_book` for what a frame is.
/// @param feed must outlive the gateway that uses `routes`.
void add_map_routes(http_routes& routes, map_feed& feed);

} // namespace hansom
