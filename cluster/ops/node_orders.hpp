#pragma once

#include "cluster/ops/ops_desk.hpp"
#include "cluster/ops/ops_plan.hpp"

#include <string_view>

/// What operators order, carried out on the membership rows.
namespace hansom::ops {

http_response no_such_node(const std::string& name);

/// Answers with what `f(rows, view)` returns; 409 where there is no cluster.
template <class F>
void with_cluster(ops_desk& desk, const http_reply& reply, F f) {
  static constexpr const char* alone =
    "this node is alone: there is no cluster. Nodes form one with "
    "cluster.enabled = true on a common PostgreSQL; deploy/cluster 3 shows "
    "one on this machine";
  if (!desk.has_rows())
    return reply(problem(409, "cluster.none", alone));
  desk.ask(
    [f](store::membership& rows) -> http_response {
      auto view = rows.read_view();
      if (!is_cluster(view))
        return problem(409, "cluster.none", alone);
      return f(rows, view);
    },
    reply);
}

/// @param prefix of the path, before NAME/ORDER.
void order_node(ops_desk& desk, const http_request& request,
                std::string_view prefix, const http_reply& reply);
/// Before N/pin, N/unpin.
void order_shard(ops_desk& desk, const http_request& request,
                 std::string_view prefix, const http_reply& reply);
/// Before pause, resume.
void order_rebalance(ops_desk& desk, const http_request& request,
                     std::string_view prefix, const http_reply& reply);

} // namespace hansom::ops
