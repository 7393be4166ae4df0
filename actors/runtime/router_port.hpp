#pragma once

#include "actors/runtime/directory.hpp"
#include "persistence/store.hpp"

namespace hansom {

/// What the runtime of one node knows of all others. Implementations are
/// thread-safe, never block and bound what they hold: mail that finds no way in
/// time comes back through `runtime::give_back`.
class router_port {
public:
  virtual ~router_port() = default;

  /// Takes mail for an entity of a shard that this node does not own. Called in
  /// the turn of whoever says it, see current_turn.hpp.
  virtual void route(entity_ref to, parcel what, bool fresh) = 0;

  /// The store has refused a write under `under`: the shard has another owner.
  /// This node has dropped the shard already.
  virtual void fenced(shard_id shard, store::epoch under) = 0;
};

} // namespace hansom
