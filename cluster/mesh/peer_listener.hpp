#pragma once

#include "persistence/store.hpp"
#include "protocol/ids.hpp"

#include <string>

namespace hansom {

/// What was seen of a peer that does not answer. Only `refused` is hard: the
/// kernel says that nobody listens.
enum class link_evidence : std::uint8_t {
  none,    ///< It answers.
  refused, ///< A fresh connection was refused.
  reset,   ///< The connection was closed by the other side, or its kernel.
  timeout, ///< Silence.
};
std::string to_string(link_evidence x);

/// Who decides about members hears what the mesh sees. Called from actors'
/// threads: implementations are thread-safe and do not block.
class peer_listener {
public:
  virtual ~peer_listener() = default;

  /// Both directions work: each side has answered the other's greeting.
  virtual void link_up(store::incarnation peer) = 0;

  /// A link is gone. `refused` comes right after `reset`, when a fresh
  /// connection was tried and refused.
  virtual void link_down(store::incarnation peer, link_evidence why) = 0;

  /// Another attempt to reach a peer that we dial has failed.
  virtual void not_reached(store::incarnation peer, link_evidence why) = 0;

  /// A peer's control message, in order of sending.
  virtual void control(store::incarnation from, std::string body) = 0;

  /// A peer says that a shard has an owner under an epoch that the map did not
  /// know yet. The map has it already.
  virtual void owner_heard(shard_id shard, store::incarnation owner,
                           store::epoch epoch) = 0;

  /// The store has refused a write of ours; the shard has been dropped.
  virtual void fenced(shard_id shard, store::epoch under) = 0;
};

} // namespace hansom
