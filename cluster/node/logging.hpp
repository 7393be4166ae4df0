#pragma once

#include "cluster/config/settings.hpp"

namespace hansom {

/// Sets the process-wide log up: lines for people, or one JSON object a line.
void set_up_logging(const log_settings& with);

} // namespace hansom
