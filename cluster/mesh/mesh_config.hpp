#pragma once

#include "protocol/time.hpp"

#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hansom {

/// PEM files; all three or none.
struct mesh_tls {
  std::string certificate_file;
  std::string key_file;
  /// Whoever has a certificate of this authority is a full member: use it for
  /// nothing else.
  std::string ca_file;

  [[nodiscard]] bool any() const noexcept {
    return !certificate_file.empty() || !key_file.empty() || !ca_file.empty();
  }
};

/// How the nodes of a cluster talk to each other. `heartbeat` and `timeout`
/// must be the same on all nodes.
struct mesh_config {
  std::string address = "127.0.0.1"; ///< Bound; a literal IP address.
  std::uint16_t port = 0;            ///< 0: any free one.
  std::string cluster = "hansom";    ///< Nodes of another name are refused.
  milliseconds heartbeat{250};
  milliseconds timeout{1'500};
  mesh_tls tls;

  std::size_t credit = std::size_t{8} << 20;   ///< Bytes in flight to a peer.
  std::size_t lane_max = std::size_t{8} << 20; ///< Waiting bytes, per lane.
  /// Waiting bytes of all peers and shards together.
  std::size_t waiting_max = std::size_t{64} << 20;
  std::size_t shard_mails_max = 1'000; ///< Waiting for one shard's owner,
  std::size_t shard_bytes_max = std::size_t{4} << 20; ///< and in bytes.
  /// Beyond so many waiting bytes only each driver's latest position is kept.
  std::size_t conflate_above = std::size_t{256} << 10;
  std::size_t frame_bytes = std::size_t{64} << 10; ///< A frame's usual limit.
  milliseconds wait_max{5'000};                    ///< Then mail comes back.
};

/// @returns what is wrong, one sentence each; empty when usable. Above all: no
///          address that strangers may reach without TLS.
std::vector<std::string> check(const mesh_config& x);

/// @returns whether only this machine, or a private network, reaches a literal
///          address; `false` for all others, names and wildcards among them.
bool is_private_address(const std::string& address);

/// Makes an actor system fit for the mesh: modules, heartbeats, identity, TLS,
/// message types. Before the system is made.
/// @throws std::runtime_error when `check` finds something wrong.
void prepare(caf::actor_system_config& out, const mesh_config& x);

} // namespace hansom
