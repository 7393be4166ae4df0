#pragma once

#include "cluster/program/verbs.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace hansom {

/// What the flags of `hansom actor`, `cell` and `trip` are parsed into.
struct inspect_options {
  verbs::target_options target;
  verbs::actor_list_options actors;
  verbs::trip_list_options trips;
  verbs::tree_options tree;
  verbs::tail_options tail;
  verbs::trace_options trace;
  verbs::passivate_options passivate;
  verbs::message_list_options messages;
  double every_s = 1;
  int rounds = 0;
  std::string name; ///< The verb's one argument.
};

/// Adds the groups `actor`, `cell` and `trip`. A verb that was chosen is put
/// into `run`. `x` and `run` must outlive the parser.
/// @returns the group `trip`, for more verbs.
CLI::App& add_inspection_verbs(CLI::App& root, inspect_options& x,
                               std::function<int()>& run);

} // namespace hansom
