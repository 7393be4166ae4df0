#pragma once

#include "cluster/config/settings.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hansom {

/// Where settings come from, later ones winning: defaults, file, environment
/// (HANSOM_DISPATCH_OFFER_TIMEOUT=20s), flags (--set key=value).
struct config_sources {
  std::string file; ///< TOML; empty: none.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> flags; ///< "key=value".
};

/// @returns the process environment's HANSOM_ variables that name a setting or
///          look like one.
std::vector<std::pair<std::string, std::string>> config_environment();

/// Loads and validates everything.
/// @returns all errors, one line each: file, line, what is wrong, what would
///          be right. Empty: `out` is complete and consistent.
std::vector<std::string> load_settings(const config_sources& from,
                                       settings& out);

/// @returns the complete commented TOML file for `x`.
std::string show_settings(const settings& x);

} // namespace hansom
