#pragma once

#include "cluster/config/settings.hpp"

#include <cstdint>
#include <string>

namespace hansom {

/// The settings that all nodes of a cluster must have alike, because one node
/// acts on what another means by them: "cell.level = 13, cluster.name = ...".
/// All others may differ, so that they can be changed node by node.
std::string alike_settings(const settings& x);

/// @returns their digest, never 0. Nodes with another one are refused.
std::uint64_t alike_hash(const settings& x);

} // namespace hansom
