#pragma once

#include <string_view>

/// What several handlers of the node's HTTP interface are found under.
namespace hansom {

/// A trip's id follows, and perhaps what to do with it.
inline constexpr std::string_view trips_prefix = "/v1/admin/trips/";

} // namespace hansom
