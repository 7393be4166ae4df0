#pragma once

#include "cluster/admin/audit_trail.hpp"
#include "cluster/ops/event_ring.hpp"
#include "cluster/ops/ops_desk.hpp"
#include "gateway/gateway.hpp"

#include <functional>
#include <memory>
#include <string>

namespace hansom {

/// What operations see and do, on any node for the whole cluster. Looking takes
/// a token of role operator, viewer or admin, changing one of role operator or
/// admin; every change is an event with who, when and why.
///
///   GET  /v1/admin/status                   this node and its health
///   GET  /v1/admin/events?after=&limit=     or ?last=
///   GET  /v1/admin/logs?last=               this node's last lines
///   GET  /v1/admin/config                   its settings, without secrets
///   GET  /v1/admin/nodes                    members, and what is left of
///   others GET  /v1/admin/nodes/NAME               also of one that is long
///   gone GET  /v1/admin/nodes/NAME/addition      what would move if it joined
///   POST /v1/admin/nodes/NAME/ORDER         drain, undrain, remove or down
///        {"reason":"...","dry_run":false,"confirm":"NAME"}
///   GET  /v1/admin/shards
///   POST /v1/admin/shards/N/pin|unpin       {"node":"n2","reason":"..."}
///   GET  /v1/admin/rebalance
///   POST /v1/admin/rebalance/pause|resume   {"reason":"..."}
///
/// Where no node is a member, what concerns clusters is answered 409
/// "cluster.none". An order that was carried out in part is answered 504
/// "cluster.partly_done" with what is left to do.
class operations {
public:
  struct parts {
    /// Empty: the store keeps no membership.
    store::membership_source members;
    std::string node;
    store::incarnation self = 0;
    std::string version;
    std::function<timestamp()> now;
    std::function<gateway_figures()> figures;
    std::string config; ///< As a file, without secrets.
  };

  explicit operations(parts with);

  /// Before the gateway starts; this object must outlive its `stop`.
  void add_routes(http_routes& routes);

  /// Records that the node serves, and from now on what becomes of its health.
  void start();
  void stop();

  /// Writes down what somebody has ordered. Any thread, also before `start`.
  void audit(audit_record x);

private:
  void record(std::string kind, std::string reason);
  void record(store::cluster_event x);
  void look_at_health();
  [[nodiscard]] std::string health() const;
  void add_node_routes(http_routes& routes);
  void add_shard_routes(http_routes& routes);
  void show_status(const http_reply& reply);
  void show_events(const http_request& request, const http_reply& reply);

  parts with_;
  ops_desk desk_;
  event_ring ring_;
  http_routes* routes_ = nullptr;
  const timestamp started_;
  std::string health_ =
    "healthy"; ///< What was recorded last; of the desk's thread.
};

} // namespace hansom
