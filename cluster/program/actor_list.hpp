#pragma once

#include "cluster/program/verbs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>

namespace hansom::verbs {

/// @returns path and query of the list that is asked for.
std::string list_path(const actor_list_options& with);

/// Prints the answer to it as a table.
void print_actors(std::ostream& out, const nlohmann::json& answer);

} // namespace hansom::verbs
