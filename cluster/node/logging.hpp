#pragma once

#include "cluster/config/settings.hpp"

#include <prometheus/collectable.h>
#include <spdlog/common.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hansom {

/// Sets the process-wide log up: lines for people, or one JSON object a line;
/// times by RFC 3339 in UTC; with the entity and the trace that the thread
/// works for; so many of each kind. Lines name people by number only.
void set_up_logging(const log_settings& with);

/// The same in front of any sinks, for tests.
spdlog::sink_ptr make_log_sink(const log_settings& with,
                               std::vector<spdlog::sink_ptr> behind);

/// The last lines that this process has logged since `set_up_logging`, oldest
/// first; 2000 at most. Any thread.
std::vector<std::string> last_log_lines(std::size_t n);

/// Lines by level, and those left out.
std::shared_ptr<prometheus::Collectable> make_log_collector();

} // namespace hansom
