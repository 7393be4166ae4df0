#pragma once

#include "cluster/ops/ops_plan.hpp"
#include "gateway/http_routes.hpp"

#include <string>

/// Membership and plans as the command line and the console read them. All
/// times are milliseconds since 1970 by the store's clock.
namespace hansom::ops {

/// 200 with a body of JSON.
http_response json_answer(std::string body);

/// {"version":7,"nodes":[{"name":"n1",...}]}
std::string nodes_json(const store::membership_view& x);
/// The part of `nodes_json` about one; empty when there is none.
std::string node_json(const store::membership_view& x, const std::string& name);
/// {"shards":[{"shard":0,"owner":"n1","wanted":"n1","epoch":3,"pin":""},...]}
std::string shards_json(const store::membership_view& x);
/// {"paused":false,"shards":256,"moves":[...],"nobody":0}
std::string rebalance_json(const store::membership_view& x);
/// {"events":[...],"last":17}
std::string events_json(const std::vector<store::cluster_event>& x,
                        std::uint64_t after);
std::string plan_json(const plan& x, node_order what, const std::string& name,
                      bool dry_run);
std::string moves_json(const std::vector<shard_move>& x);

} // namespace hansom::ops
