#pragma once

#include "bench/fleet/fleet.hpp"

#include <CLI/App.hpp>

namespace hansom {

/// Declares `hansom fleet run` below `group`, filling `x`.
CLI::App* add_fleet_run(CLI::App& group, fleet::fleet_options& x);

} // namespace hansom
