#pragma once

#include "bench/micro/row.hpp"

#include <nlohmann/json_fwd.hpp>

namespace hansom::bench {

/// Figures that are not known are null; with a goal, "met" says the verdict.
nlohmann::json to_json(const row& x);

/// @throws nlohmann::json::exception
row row_of(const nlohmann::json& x);

} // namespace hansom::bench
