#pragma once

#include "cluster/mesh/mesh.hpp"
#include "cluster/mesh/mesh_frame.hpp"
#include "cluster/mesh/outbox.hpp"
#include "cluster/mesh/tcp_prober.hpp"

#include <caf/io/middleman_actor.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace hansom {

/// One peer, shared by its link, an actor, and all who send.
struct peer_link {
  peer_link(store::incarnation x, const mesh_config& limits,
            waiting_budget& budget)
    : who{x}, out{limits, budget} {
  }

  const store::incarnation who;
  outbox out;
  caf::actor worker; ///< Set before others see this.
  std::atomic<bool> up{false};
  std::atomic<std::uint64_t> links{0};
  std::atomic<std::uint64_t> frames_in{0};
  std::atomic<std::uint64_t> messages_in{0};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::int64_t> round_trip_us{0};

  [[nodiscard]] peer_address where() const {
    std::lock_guard guard{mutex_};
    return where_;
  }
  /// @returns whether it is news.
  bool set_where(const peer_address& x) {
    std::lock_guard guard{mutex_};
    if (where_ == x)
      return false;
    where_ = x;
    return true;
  }

private:
  mutable std::mutex mutex_;
  peer_address where_;
};

/// What the parts of one node's mesh share. Outlives its actors.
class mesh_core {
public:
  static constexpr std::size_t peers_max = 1'024;
  static constexpr milliseconds sweep_every{50};
  static constexpr milliseconds probe_within{500};

  mesh_core(caf::actor_system& sys, mesh::parts parts);

  using peer_ptr = std::shared_ptr<peer_link>;

  /// @returns the peer, made if need be; null when it has ended for good, is
  ///          ourselves, or there are too many.
  peer_ptr find_or_make(store::incarnation who);
  [[nodiscard]] peer_ptr find(store::incarnation who) const;
  void end(store::incarnation who);
  [[nodiscard]] std::vector<peer_ptr> all() const;

  [[nodiscard]] caf::io::middleman_actor connector() const;

  /// Actors of the mesh say when they come and go.
  void began();
  void ended();
  /// @returns whether all have ended.
  bool await_end(milliseconds within);

  caf::actor_system& system;
  const mesh::parts with;
  tcp_prober prober;
  waiting_budget budget;
  std::atomic<std::uint64_t> turned_away{0};

private:
  mutable std::mutex mutex_; ///< Guards what follows.
  std::condition_variable none_;
  std::size_t alive_ = 0;
  bool stopping_ = false;
  std::map<store::incarnation, peer_ptr> peers_;
  std::set<store::incarnation> gone_;

public:
  void stop_making();
};

/// The well-known actor of a node: greets whoever dials.
caf::actor spawn_mesh_port(mesh_core& core);

/// The link to one peer.
caf::actor spawn_mesh_link(mesh_core& core, mesh_core::peer_ptr peer);

/// A greeting that the port passes on to the link.
struct mesh_greeting {
  mesh_frame hello;
  caf::actor from;
};
/// The link's own notes.
struct link_pump {};
struct link_dial {};
struct link_probed {
  std::uint64_t attempt = 0;
  link_evidence found = link_evidence::none;
};
/// After a link was lost: does anybody listen there still?
struct link_looked {
  link_evidence found = link_evidence::none;
};

} // namespace hansom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::mesh_greeting)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::link_pump)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::link_dial)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::link_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hansom::link_looked)
