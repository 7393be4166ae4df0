#pragma once

#include "actors/runtime/directory.hpp"
#include "persistence/store.hpp"
#include "protocol/time.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hansom {

/// Mail that waits for a shard to open, or to be handed over.
struct held_mail {
  entity_ref to;
  parcel what;
  bool fresh = false;
  timestamp until; ///< Then it goes back to whoever waits for an answer.
};

/// What a node does with mail for a shard.
enum class shard_phase : std::uint8_t {
  closed,    ///< Another node's: mail goes to the router.
  loading,   ///< Ours, being read from the store: mail waits.
  receiving, ///< Ours: what the old owner passes on goes first, the rest waits.
  open,      ///< Ours.
  sealed,    ///< Ours for moments yet: mail waits to be handed over.
};
std::string to_string(shard_phase x);

/// Which shards are open here, under which epoch, and the mail that waits for
/// those that are neither open nor closed, in order of arrival. Thread-safe.
///
/// A phase leaves `open` exactly: the directory looks at it under the lock
/// under which it puts mail into mailboxes.
class shard_gates {
public:
  static constexpr std::size_t held_max = 1'000; ///< Per shard.
  static constexpr milliseconds held_for{5'000};

  enum class verdict : std::uint8_t {
    again,     ///< It is open by now: try the directory once more.
    pass,      ///< Not open yet, but this goes in first.
    held,      ///< It waits; the mail has been taken.
    full,      ///< Too much waits.
    elsewhere, ///< The shard is not ours.
  };

  [[nodiscard]] store::epoch epoch_of(shard_id x) const noexcept {
    return shards_[x].epoch.load(std::memory_order_acquire);
  }
  [[nodiscard]] shard_phase phase_of(shard_id x) const noexcept {
    return shards_[x].phase.load(std::memory_order_acquire);
  }

  /// Before there are other threads: ours, under `epoch`.
  void own(shard_id x, store::epoch epoch) noexcept;

  /// From here on nothing is open: what is gets sealed at once, and what would
  /// open gets sealed instead, until `resume`. What is sealed then stays so
  /// until somebody lets mail in.
  void suspend();
  void resume() noexcept {
    suspended_.store(false);
  }

  /// Moves on when the phase is `from`.
  /// @returns whether it was.
  bool step(shard_id x, shard_phase from, shard_phase to);
  /// closed -> loading under a new epoch.
  bool begin(shard_id x, store::epoch epoch);
  /// Any phase but closed -> sealed, with the epoch gone, if it is `epoch`
  /// (0: whichever). What then waits is taken by `drain`.
  bool end(shard_id x, store::epoch epoch);

  /// Decides about mail that found the shard not open.
  /// @param forwarded the old owner passes it on: it goes before other mail,
  ///        and in at once while the shard receives and the node may act.
  verdict admit(shard_id x, held_mail& what, bool forwarded);

  /// Hands what waits to `each`, in order, without a lock, until nothing does;
  /// then the phase goes from `from` to `then`. Mail that comes meanwhile waits
  /// its turn. Stops when somebody changes the phase. Never ends in `open`
  /// while suspended, or for a shard whose epoch is gone: its closer drains it.
  template <class Each>
  void drain(shard_id x, shard_phase from, shard_phase then, Each&& each) {
    for (auto next = take_or_step(x, from, then); !next.empty();
         next = take_or_step(x, from, then))
      for (auto& what : next)
        each(what);
  }

  /// Removes what has waited too long.
  [[nodiscard]] std::vector<held_mail> take_expired(timestamp now);

  [[nodiscard]] std::size_t held() const noexcept {
    return held_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t held_of(shard_id x) const;

  // -- writes on their way: a shard is quiet when there are none --------------

  void asked(shard_id x) noexcept {
    shards_[x].asked.fetch_add(1);
  }
  void answered(shard_id x, std::uint64_t n = 1) noexcept {
    shards_[x].answered.fetch_add(n);
  }
  /// @returns how many questions were ever asked of the journal; none when
  ///          answers are outstanding.
  [[nodiscard]] std::optional<std::uint64_t> settled(shard_id x) const noexcept;

private:
  struct shard {
    std::atomic<store::epoch> epoch{0};
    std::atomic<shard_phase> phase{shard_phase::closed};
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> answered{0};
    mutable std::mutex mutex; ///< Guards what follows, and changes of `phase`.
    std::deque<held_mail> waiting;
    /// So many at its front were passed on by the old owner: older than the
    /// rest. More of these may not overtake them.
    std::ptrdiff_t ahead = 0;
  };

  std::deque<held_mail> take_or_step(shard_id x, shard_phase from,
                                     shard_phase then);

  std::array<shard, shard_count> shards_;
  std::atomic<std::size_t> held_{0};
  std::atomic<bool> suspended_{false};
};

} // namespace hansom
