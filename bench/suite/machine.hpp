#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace hansom::bench {

/// What a figure means nothing without: machine, kernel, versions, build.
/// @param revision of the source, as the caller knows it.
nlohmann::json about_this_run(const std::string& revision);

/// The same for people, one line each.
std::string describe(const nlohmann::json& about);

} // namespace hansom::bench
