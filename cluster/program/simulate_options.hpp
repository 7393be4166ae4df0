#pragma once

#include "bench/simulate/simulate.hpp"

#include <CLI/App.hpp>

namespace hansom {

/// Declares `hansom simulate` below `root`, filling `x`.
CLI::App* add_simulate(CLI::App& root, simulate::simulate_options& x);

} // namespace hansom
