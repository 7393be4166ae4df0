#pragma once

#include "cluster/program/ops_verbs.hpp"

#include <CLI/App.hpp>

#include <functional>

namespace hansom {

/// Declares node, shard, rebalance, status, events, bundle and completion below
/// `root`. Their flags fill `x`; `run` is set to the verb that was chosen.
/// @param x and `run` must outlive the parsing and the verb.
void add_ops_verbs(CLI::App& root, verbs::ops_options& x,
                   std::function<int()>& run);

} // namespace hansom
