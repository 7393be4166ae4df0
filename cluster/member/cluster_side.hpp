#pragma once

#include "actors/runtime/runtime.hpp"
#include "cluster/config/settings.hpp"
#include "cluster/member/member_host.hpp"
#include "persistence/postgres/postgres.hpp"

#include <memory>

namespace hansom {

/// What a node needs to be one of several: its row, its links, its part in the
/// decisions. All calls from one thread.
///
/// Order of life: make it (joins), `prepare` the actor system, `ports` for the
/// runtime, `start`; at the end `leave`, `stop`, then the runtime.
class cluster_side {
public:
  struct hooks {
    std::function<void()> on_draining;  ///< Clients are to go elsewhere.
    std::function<void()> on_undrained; ///< Clients are welcome again.
    /// As `gateway::reattach`.
    std::function<void(const shard_set&)> reattach;
    std::function<void(shard_id)> on_opened; ///< It serves here from now on.
    std::function<std::uint64_t()> sessions;
  };

  /// Joins.
  /// @throws std::runtime_error saying why this node does not fit.
  cluster_side(const settings& with, const std::string& version);
  ~cluster_side();
  cluster_side(const cluster_side&) = delete;
  cluster_side& operator=(const cluster_side&) = delete;

  [[nodiscard]] store::incarnation self() const noexcept {
    return self_;
  }
  /// How this incarnation connects to the store.
  [[nodiscard]] const store::postgres_options& store_options() const noexcept {
    return options_;
  }
  void prepare(caf::actor_system_config& out) const;

  /// The way to other nodes, and to clients of all nodes.
  mesh_router& ports(client_port& local);

  /// @throws std::runtime_error when the port cannot be bound.
  void start(runtime& actors, std::shared_ptr<store::factory> store,
             hooks with);
  /// @throws std::runtime_error when this node does not become active in time.
  void await_active();
  /// Hands everything over. Blocks, at most as long as a drain may take.
  void leave();
  void stop();

  /// Who owns what, and where everybody is.
  [[nodiscard]] const shard_map& where() const noexcept {
    return *map_;
  }
  /// To clients of all nodes; after `ports`.
  [[nodiscard]] client_port& way() noexcept {
    return *router_;
  }
  [[nodiscard]] const member_host& member() const noexcept {
    return host_;
  }

  // -- for metrics; any thread, once started ----------------------------------

  [[nodiscard]] std::vector<peer_report> peers() const {
    return links_ ? links_->peers() : std::vector<peer_report>{};
  }
  [[nodiscard]] std::uint64_t turned_away() const noexcept {
    return links_ ? links_->turned_away() : 0;
  }
  /// After `ports`.
  [[nodiscard]] const mesh_router::counters& mail() const noexcept {
    return router_->counts();
  }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return router_->waiting_bytes();
  }

private:
  [[nodiscard]] core::times times() const;

  settings with_;
  mesh_config config_;
  store::postgres_options options_;
  store::incarnation self_ = 0;
  member_host host_;
  std::unique_ptr<shard_map> map_;
  std::unique_ptr<mesh_router> router_;
  std::unique_ptr<mesh> links_;
};

} // namespace hansom
