#pragma once

#include "cluster/program/verbs.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace hansom::verbs {

/// Finds the node and asks it.
/// @returns an exit code; other than `exit_done`, the reason has been printed.
int ask(const target_options& with, const std::string& path,
        nlohmann::json& out);

/// Finds the node and gives it an order, which may take 12 s.
int order(const target_options& with, const std::string& path,
          const nlohmann::json& body, nlohmann::json& out);

} // namespace hansom::verbs
