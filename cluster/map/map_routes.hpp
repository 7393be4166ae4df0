#pragma once

#include "cluster/map/map_feed.hpp"
#include "gateway/http_routes.hpp"

namespace hansom {

/// What the map wants to know of cells.
map_feed::source map_pictures(cell_source cells);

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
