#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/member/cluster_side.hpp"

#include <prometheus/collectable.h>

#include <memory>

namespace hansom {

/// A node's part in the cluster in Prometheus' words. One that is alone says
/// the same of itself, with nobody else in it.
/// @param part null: alone. Both must outlive the result.
std::shared_ptr<prometheus::Collectable>
make_cluster_collector(const runtime& actors, const cluster_side* part);

} // namespace hansom
