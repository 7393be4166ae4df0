#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace hansom {

/// @returns a JSON value as a table cell; "-" for nothing.
std::string cell_text(const nlohmann::json& x);

/// @returns whose branch of the tree of actors it is: an actor, below whom when
///          that one is elsewhere; or a group, of which node.
std::string branch_text(const nlohmann::json& x);

/// @returns one row per object, one column per name.
std::vector<std::vector<std::string>>
rows_of(const nlohmann::json& items, const std::vector<std::string>& names);

/// Prints a JSON object as indented "name  value" lines.
void print_object(std::ostream& out, const nlohmann::json& x, int depth = 0);

/// @returns "18:04:11.820", UTC.
std::string time_text(std::int64_t ms);

} // namespace hansom
