#pragma once

#include "persistence/membership.hpp"

#include <compare>
#include <string_view>
#include <vector>

/// Which node a shard should be on.
namespace hansom::core {

using store::incarnation;
using store::membership_view;
using store::node_row;
using store::node_status;

/// Orders versions such as "0.9.1" and "0.10.0" by their numbers; what is no
/// number counts as 0.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

/// @returns the row of a node; null when the view does not have it.
const node_row* find_node(const membership_view& in, incarnation who);

/// joining, active or draining: others watch its heartbeats.
bool beats(node_status x) noexcept;
/// active or draining: it may own shards, and says so with heartbeats.
bool is_owner(node_status x) noexcept;
/// @returns whether `who` may own shards now. Nobody (0) may not.
bool is_owner(const membership_view& in, incarnation who);

/// The node that each shard should be on, by number; 0: nobody can be. The same
/// for all who see the same view.
///
/// Rendezvous hashing by the node's name, so that a restarted node gets back
/// what it had, and a node that comes or goes moves its own share alone. A pin
/// goes before that. What runs on a version is not moved to an older one while
/// there is another choice: the older may not know what the newer has written.
std::vector<incarnation> desired_owners(const membership_view& in);

} // namespace hansom::core
