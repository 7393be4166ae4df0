#pragma once

#include "persistence/membership.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What an operator's order would do, before anything is done. Pure.
namespace hansom::ops {

enum class node_order : std::uint8_t { drain, undrain, remove, down };
std::string to_string(node_order x);
bool parse_node_order(std::string_view text, node_order& out);

/// A shard that is not where it should be.
struct shard_move {
  shard_id shard = 0;
  std::string from; ///< A node's name; empty: nobody.
  std::string to;   ///< Likewise.
  std::string why;
};

struct plan {
  enum class verdict : std::uint8_t {
    go,
    nothing, ///< It is so already.
    no_such, ///< No such node.
    refused,
  };
  verdict what = verdict::go;
  std::string why; ///< One sentence, unless `go`.
  /// The node's name has to be typed, for this reason; empty: it need not.
  std::string confirm;
  store::incarnation who = 0;
  store::node_status from = store::node_status::active;
  store::node_status to = store::node_status::active;
  std::vector<shard_move> moves;
  /// Shards that would have nowhere to go.
  std::vector<shard_id> homeless;
  std::vector<shard_id> unpin; ///< Pinned to a node that is gone.
};

/// No node is a member: the store's node, if any, is alone.
bool is_cluster(const store::membership_view& x) noexcept;

/// @returns the member of that name; else one that is gone and owns shards
///          still; null: neither.
const store::node_row* find_node(const store::membership_view& in,
                                 std::string_view name);

/// "n2", or "#17" for an incarnation that the view does not have; empty for 0.
std::string name_of(const store::membership_view& in, store::incarnation who);

plan plan_node_order(const store::membership_view& now, node_order what,
                     const std::string& name);

/// What would be moved if everything went where it should be.
std::vector<shard_move> plan_moves(const store::membership_view& now);

/// The same if a node of that name joined, like the others.
std::vector<shard_move> plan_addition(store::membership_view now,
                                      const std::string& name);

} // namespace hansom::ops
