#pragma once

#include "cluster/mesh/mail_codec.hpp"
#include "cluster/mesh/mesh_config.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <typeinfo>
#include <utility>

namespace hansom {

/// Mail for shards whose owner cannot be reached yet: trips' mail in order,
/// positions by what is the latest. Bounded per shard and altogether.
/// Thread-safe.
class waiting_rooms {
public:
  struct counters {
    std::atomic<std::uint64_t> held{0};      ///< Waited for an owner.
    std::atomic<std::uint64_t> conflated{0}; ///< Positions overtaken by later.
    std::atomic<std::uint64_t> full{0};      ///< Too much waited.
  };
  /// @returns whether nothing is left to do for the mail; called without a
  ///          lock, and may let go of what the mail holds.
  using attempt = std::function<bool(far_mail&)>;

  /// @param config, counts must outlive this.
  waiting_rooms(const mesh_config& config, counters& counts, attempt go);

  /// @returns whether no mail waits for the shard; positions do not count, what
  ///          comes later may overtake them.
  [[nodiscard]] bool is_empty(shard_id x) const noexcept {
    return rooms_[x].pending == 0;
  }
  /// @returns how often all that waits for the shard was tried again.
  [[nodiscard]] std::uint64_t tries(shard_id x) const noexcept {
    return rooms_[x].tries.load();
  }

  /// Keeps `x`, behind what waits for the same shard. Positions for which there
  /// is no room are dropped and counted.
  /// @param tries of its shard, read before the look that found no way: a way
  ///        that opened since has nobody who would say so again.
  /// @returns other mail for which there is none.
  [[nodiscard]] std::optional<far_mail> put_by(far_mail x, std::uint64_t tries);

  /// Tries what waits for a shard, in order; what finds no way stays. What
  /// comes meanwhile waits behind it.
  void retry(shard_id shard);

  /// Bytes, about, and messages.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return size_.load(std::memory_order_relaxed);
  }

private:
  struct waiting_mail {
    far_mail what;
    std::size_t bytes = 0;
  };
  struct room {
    std::atomic<std::size_t> pending{0}; ///< Of `mails`.
    std::atomic<std::uint64_t> tries{0};
    std::mutex mutex;  ///< Guards what follows.
    bool busy = false; ///< Somebody tries what waits.
    std::deque<waiting_mail> mails;
    /// The latest per receiver and type; those of a cell per driver.
    std::map<std::pair<entity_ref, const std::type_info*>, waiting_mail>
      positions;
    std::size_t bytes = 0;
  };

  [[nodiscard]] bool has_space(const room& in, std::size_t bytes) const;
  void put_position(room& in, far_mail x);
  void enters(room& in, std::size_t bytes);
  void leaves(room& in, const waiting_mail& x);
  [[nodiscard]] std::optional<far_mail> keep(room& in, far_mail x);
  void try_all(room& in, std::unique_lock<std::mutex>& guard);

  const mesh_config& config_;
  counters& counts_;
  const attempt go_;
  std::array<room, shard_count> rooms_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> size_{0};
};

} // namespace hansom
