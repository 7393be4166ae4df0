#pragma once

#include "actors/runtime/epoch_guard.hpp"
#include "actors/runtime/router_port.hpp"
#include "actors/runtime/runtime.hpp"
#include "cluster/mesh/mesh.hpp"
#include "cluster/mesh/waiting_rooms.hpp"

#include <array>
#include <atomic>

namespace hansom {

/// One node's knowledge of the way to every entity and every client's session:
/// the router of its runtime, the client port before its gateway, where its
/// mesh delivers, and who hears first what the mesh sees.
///
/// Order of life: make it; make the runtime with it as router and as client
/// port; make the mesh with it as sink and listener; `attach`; start the mesh.
/// At the end stop the mesh, then the runtime.
class mesh_router final : public router_port,
                          public client_port,
                          public mesh_sink,
                          public peer_listener {
public:
  static constexpr std::uint8_t hops_max = 2;

  struct counters : waiting_rooms::counters {
    std::atomic<std::uint64_t> routed{0};  ///< Mail that went to a peer.
    std::atomic<std::uint64_t> relayed{0}; ///< Passed on for others.
    std::atomic<std::uint64_t> expired{0}; ///< No way was found in time.
    std::atomic<std::uint64_t> stale{0};   ///< Words of a former owner.
    std::atomic<std::uint64_t> bounced{0}; ///< Came back and was kept.
    /// The same, by why; and what came back for good.
    std::array<std::atomic<std::uint64_t>, mesh_nack_count> nacked{};
    std::atomic<std::uint64_t> frames_out{0};  ///< For clients elsewhere.
    std::atomic<std::uint64_t> frames_lost{0}; ///< Those that found no way.
  };

  /// @param local the gateway of this node, or what stands before it.
  /// @param heard who decides about members. All must outlive this.
  mesh_router(shard_map& map, const mesh_config& config, client_port& local,
              peer_listener& heard);

  void attach(runtime& actors, mesh& links);

  /// The map has changed: peers are met and forgotten, waiting mail gets
  /// another try. Call after each change of the map. Any thread.
  void look_again();

  /// What waits for the shard gets another try: it has just opened here. Any
  /// thread.
  void try_again(shard_id shard) {
    rooms_.retry(shard);
  }

  /// While `on`, what is routed to the shard's new owner goes ahead of its
  /// other mail, in order with control messages: call it with `true` before
  /// OWN is sent and `close_shard` called, with `false` before END.
  void hand_over(shard_id shard, bool on) noexcept {
    handing_over_[shard] = on;
  }

  [[nodiscard]] const counters& counts() const noexcept {
    return counts_;
  }
  /// Bytes, about, and messages that wait for an owner.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return rooms_.bytes();
  }
  [[nodiscard]] std::size_t waiting() const noexcept {
    return rooms_.size();
  }

  // -- router_port ------------------------------------------------------------

  void route(entity_ref to, parcel what, bool fresh) override;
  void fenced(shard_id shard, store::epoch under) override;

  // -- client_port ------------------------------------------------------------

  void deliver(client_frame frame) override;
  void attached(session_ref to, std::string state) override;
  void close(session_ref to, close_code why) override;
  void follow(session_ref to, trip_id trip) override;

  // -- mesh_sink --------------------------------------------------------------

  std::optional<refusal> mail(store::incarnation from, far_mail x) override;
  void client(store::incarnation from, far_frame x) override;
  void returned(store::incarnation by, far_mail x, refusal why) override;
  void sweep() override;

  // -- peer_listener ----------------------------------------------------------

  void link_up(store::incarnation peer) override;
  void link_down(store::incarnation peer, link_evidence why) override;
  void not_reached(store::incarnation peer, link_evidence why) override;
  void control(store::incarnation from, std::string body) override;
  void owner_heard(shard_id shard, store::incarnation owner,
                   store::epoch epoch) override;

private:
  [[nodiscard]] bool is_ours(store::incarnation x) const noexcept {
    return x == 0 || x == map_.self();
  }
  bool try_go(far_mail& x);
  bool try_relay(far_mail& x, store::incarnation owner);
  void go(far_mail x);
  void hold(far_mail x, std::uint64_t tries);
  bool try_waiting(far_mail& x);
  void send_back(far_mail x, drop_reason why);
  void learn(shard_id shard, shard_map::owner x);
  void far(far_frame x);

  shard_map& map_;
  const mesh_config config_;
  client_port& local_;
  peer_listener& heard_;
  runtime* actors_ = nullptr;
  mesh* links_ = nullptr;
  epoch_guard guard_;
  counters counts_;
  std::array<std::atomic<bool>, shard_count> handing_over_{};
  waiting_rooms rooms_{config_, counts_,
                       [this](far_mail& x) { return try_waiting(x); }};
  std::atomic<std::int64_t> swept_ms_{0};
};

} // namespace hansom
