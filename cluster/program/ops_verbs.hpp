#pragma once

#include "cluster/program/verbs.hpp"

/// What operations do with a cluster and with one node. As all verbs: free of
/// how flags are spelled, an exit code, progress on stderr, the result on
/// stdout.
namespace hansom::verbs {

struct ops_options {
  target_options target;
  std::string node; ///< A node's name.
  std::uint32_t shard = 0;
  std::string reason;
  std::string confirm;   ///< The name, typed beforehand.
  double timeout_s = 60; ///< Of following what was begun.
  bool dry_run = false;
  bool no_wait = false;
  std::string of_node; ///< Shards of one node alone.
  bool moving = false; ///< Shards that are to move.
  bool follow = false;
  std::size_t last = 20;
  std::string place; ///< Of a bundle.
};

int node_ls(const ops_options& with);
int node_status(const ops_options& with);
int node_add(const ops_options& with);
/// @param what drain, undrain, remove or down.
int node_order(const ops_options& with, const std::string& what);
int node_watch(const ops_options& with);

int shard_ls(const ops_options& with);
int shard_move(const ops_options& with);
/// @param what pin or unpin.
int shard_pin(const ops_options& with, const std::string& what);

/// @param plan lists each move.
int rebalance_status(const ops_options& with, bool plan);
/// @param what pause or resume.
int rebalance_order(const ops_options& with, const std::string& what);

/// 0 only when the node is healthy and, in a cluster, every shard has an owner.
int status(const ops_options& with);
int events(const ops_options& with);
int bundle(const ops_options& with);

/// The script for bash, zsh or fish.
int completion(const std::string& shell);
/// Names that may follow, live ones.
std::vector<std::string> completion_names(const target_options& target,
                                          const std::string& path);

} // namespace hansom::verbs
