#pragma once

#include "gateway/gateway_config.hpp"
#include "gateway/http_routes.hpp"

#include <string>

namespace hansom {

/// Serves the console's files at /console/, to anybody: they hold no data, and
/// the login page is one of them. `/` leads there.
void add_console_routes(http_routes& routes, const gateway_config& config);

/// What the page needs to know of the configuration, as JSON members.
std::string console_facts(const gateway_config& config);

/// What a page of the console may load: nothing inline, nothing foreign but
/// the tile source, when there is one.
std::string console_policy(const gateway_config& config);

} // namespace hansom
