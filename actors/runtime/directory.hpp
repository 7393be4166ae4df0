#pragma once

#include "actors/runtime/counters.hpp"
#include "actors/runtime/probe.hpp"
#include "protocol/ids.hpp"

#include <caf/actor.hpp>
#include <caf/message.hpp>
#include <caf/message_priority.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hansom {

class shard_gates;

/// An actor that lives in memory, and what is known of it from outside.
struct resident {
  caf::actor actor;
  std::shared_ptr<probe> watch;
};

/// A message on its way to an entity.
struct parcel {
  caf::message what;
  caf::message_priority priority = caf::message_priority::normal;
};

/// All entities of this node that are in memory or being loaded. Thread-safe:
/// 64 independently locked parts. A node view.
///
/// Messages are put into mailboxes under the part's lock. That makes leaving
/// exact: once `retire` has succeeded, no message can follow.
class directory {
public:
  /// What the directory asks of its owner.
  struct port {
    /// Creates the actor of an entity that needs nothing from the store. The
    /// one call under a lock: must not come back to the directory.
    std::function<resident(entity_ref)> spawn_fresh;
    /// Starts loading; ends with `arrive` or `abandon`.
    std::function<void(entity_ref)> start_loading;
    /// A message that could not be delivered; the owner answers and counts.
    std::function<void(entity_ref, parcel, drop_reason)> undeliverable;
  };

  static constexpr std::size_t waiting_max = 64; ///< Per loading entity.

  /// @param gates of a node in a cluster; null: every shard is open. Must
  ///        outlive the directory.
  explicit directory(port owner, const shard_gates* gates = nullptr);

  /// Puts `what` into the entity's mailbox, bringing it into memory first.
  /// @param fresh the entity is new: do not ask the store.
  void deliver(entity_ref to, parcel what, bool fresh);

  /// The same if the entity's shard is open.
  /// @returns `false`, leaving `what` alone, when it is not.
  bool deliver_if_open(entity_ref to, parcel& what, bool fresh);

  /// Puts `what` into the entity's mailbox if it is in memory. For alarms: who
  /// has left had nothing to wait for.
  /// @returns `false` when the shard is sealed: say it again later.
  bool remind(entity_ref to, parcel what);

  /// The same, sealed or not.
  void nudge(entity_ref to, parcel what);

  /// Loading has ended well: the actor takes all that waited, in order. If the
  /// entity is resident by now, `who` is not used.
  /// @param under the shard's epoch when loading began; 0: does not matter.
  /// @returns whether `who` has become the resident; also not when the shard
  ///          has another epoch by now.
  bool arrive(entity_ref to, resident who, std::uint64_t under = 0);

  /// Loading has failed: all that waited is undeliverable.
  void abandon(entity_ref to, drop_reason why);

  /// Takes an entity out, unless a message has arrived meanwhile.
  /// To be called by the entity itself while it handles a message.
  /// @returns whether it is out; the actor then quits.
  bool retire(entity_ref who);

  /// Takes an entity out whatever its mailbox holds: its actor has died. Does
  /// nothing when another actor has taken its place.
  void bury(entity_ref who, caf::actor_id dead);

  /// Takes a shard out: who is in memory, and what waits for others. A walk
  /// over all entities.
  struct taken {
    std::vector<std::pair<entity_ref, resident>> residents;
    std::vector<std::pair<entity_ref, parcel>> waiting;
  };
  [[nodiscard]] taken take_shard(shard_id shard);

  /// @returns whether any entity of the shard is being loaded, or has mail that
  ///          it has not handled. A walk over all entities.
  [[nodiscard]] bool is_busy(shard_id shard) const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::shared_ptr<probe> watch_of(entity_ref who) const;
  [[nodiscard]] caf::actor find(entity_ref who) const;

  /// Visits residents, part by part; `visit` must be short and must not call
  /// back. Their probes are on their way into the cache when it is called.
  void
  for_each(const std::function<void(entity_ref, const resident&)>& visit) const;

  /// Hands all residents out and stays empty from then on, for shutdown: what
  /// is still delivered is undeliverable, what still arrives is not taken.
  std::vector<std::pair<entity_ref, resident>> close();

private:
  struct entry {
    resident who;
    bool loading = false;
    std::uint32_t seat = 0; ///< In `part::seats`, of one who has an actor.
    std::vector<parcel> waiting;
  };
  using entry_map = std::unordered_map<entity_ref, entry>;

  struct part {
    mutable std::mutex mutex;
    entry_map entries;
    /// Who has an actor, densely and in no order: from node to node of the map
    /// a walk would wait for memory at every step.
    std::vector<entry_map::value_type*> seats;

    void settle(entry_map::value_type& x, resident who);
    entry_map::iterator erase(entry_map::iterator x);
  };

  part& part_of(entity_ref x) noexcept;
  const part& part_of(entity_ref x) const noexcept;
  void deliver(part& p, std::unique_lock<std::mutex> guard, entity_ref to,
               parcel what, bool fresh);

  port owner_;
  const shard_gates* gates_;
  std::atomic<bool> closed_{
    false}; ///< Read and acted upon under a part's lock.
  std::array<part, 64> parts_;
};

} // namespace hansom
