#pragma once

#include "cluster/core/messages.hpp"
#include "cluster/core/placement.hpp"

#include <functional>
#include <string_view>

namespace hansom::core {

/// Where a command for a shard goes.
struct route {
  enum class way : std::uint8_t {
    local, ///< To the entity, here.
    held,  ///< Waits here, in the shard's buffer.
    node,  ///< To `node`.
    /// As `node`, but long known: who sent it here has to learn of it.
    elsewhere,
  };
  way what = way::held;
  incarnation node = 0;
  store::epoch epoch = 0;
};

/// What becomes of a command that the old owner has passed on.
enum class forwarded_verdict : std::uint8_t {
  fresh,     ///< Goes where `where(shard, true)` says.
  duplicate, ///< We have it; drop it.
  misplaced, ///< Not ours (yet); drop it: its sender keeps it.
};

/// What the keeper has to know of its node, by the step.
struct surroundings {
  moment now{0};
  const membership_view* view = nullptr;
  bool may_claim = false;
  bool may_move = false;
  bool may_receive = false;
  bool draining = false;
  bool give_up = false; ///< Draining has taken too long: give it all back.
  std::function<bool(incarnation)> reaches;
};

/// The shards as one node sees them, and the state machines that take them
/// over, hand them on and give them back. The store's row is the truth; of two
/// that are read, the one with the higher epoch is the younger.
class shard_keeper {
public:
  static constexpr std::size_t loading_max = 4;
  static constexpr std::size_t leaving_max = 2;
  static constexpr std::size_t arriving_max = 4;
  static constexpr std::uint64_t queue_max = 4096;

  shard_keeper(incarnation self, const times& with, std::size_t shards);

  /// A view has been read.
  void learn(const surroundings& at, effects& out);
  void advance(const surroundings& at, effects& out);
  /// Nothing may leave this node: moves that have not passed the store stop.
  void hold_still(const surroundings& at, effects& out);

  void on(const received& x, const surroundings& at, effects& out);
  void on(const claimed& x, const surroundings& at, effects& out);
  void on(const transferred& x, const surroundings& at, effects& out);
  void on(const released& x, const surroundings& at, effects& out);
  void on(const loaded& x, const surroundings& at, effects& out);
  void on(const sealed& x, const surroundings& at, effects& out);
  void on(const preloaded& x, const surroundings& at, effects& out);
  void on(const state_arrived& x, const surroundings& at, effects& out);
  void on(const queue_sent& x, const surroundings& at, effects& out);

  [[nodiscard]] route where(shard_id shard, bool forwarded,
                            const membership_view& view) const;
  /// @param epoch under which the sender says that we have it.
  forwarded_verdict take_forwarded(shard_id shard, store::epoch epoch,
                                   std::uint64_t index, const surroundings& at,
                                   effects& out);

  /// The epoch under which entities of the shard may act here; 0: they may not.
  [[nodiscard]] store::epoch serving(shard_id shard) const;
  /// Shards that are ours by the store's last word.
  [[nodiscard]] std::size_t owned() const;
  /// Shards that others wait for us to finish with.
  [[nodiscard]] std::size_t unfinished() const;
  /// An answer of the store is unknown: the rows have to be read.
  [[nodiscard]] bool needs_view() const noexcept {
    return needs_view_;
  }
  [[nodiscard]] const std::vector<incarnation>& desired() const noexcept {
    return desired_;
  }
  [[nodiscard]] const store::shard_row& known(shard_id shard) const {
    return slots_[shard].known;
  }
  /// "open", "sealing"; for people.
  [[nodiscard]] std::string_view phase_of(shard_id shard) const;

private:
  enum class phase : std::uint8_t {
    away,
    // The new owner's side.
    incoming,    ///< Being told; not ours yet.
    loading,     ///< Ours; entities come into memory.
    catching_up, ///< What the old owner passes on goes first.
    open,
    // The old owner's side.
    preparing,  ///< Still served here.
    sealing,    ///< New commands wait; running ones end.
    shipping,   ///< The ephemeral state is on its way.
    moving,     ///< The store is asked.
    unsure,     ///< It may have happened.
    forwarding, ///< Theirs; what waited here is on its way.
    tombstone,  ///< Theirs; latecomers are passed on.
    // Giving back to nobody.
    releasing,
    giving,
    giving_unsure,
  };

  struct slot {
    store::shard_row known;
    store::epoch held = 0; ///< Under which it is ours; else, what was told.
    phase what = phase::away;
    incarnation peer = 0; ///< Of the move.
    moment since{0};      ///< Of this phase.
    moment not_before{0}; ///< Of the next attempt.
    bool started = false; ///< Loading, preloading: has been asked for.
    bool ready = false;   ///< Preloaded, here or where it goes.
    bool ended = false;   ///< Nobody passes on anything any more.
    std::optional<std::uint64_t> expected; ///< Passed on, by the sender.
    std::vector<bool> seen;                ///< Passed on, by index.
    std::uint64_t seen_count = 0;
  };

  static bool is_ours(phase x) noexcept;
  [[nodiscard]] std::size_t count(phase from, phase to) const;
  void enter(slot& x, phase next, moment now);
  void hear(slot& x, const store::shard_row& row, const surroundings& at,
            effects& out);
  void reconcile(slot& x, const surroundings& at, effects& out);
  void take_over(slot& x, incarnation from, const surroundings& at,
                 effects& out);
  void serve(slot& x, const surroundings& at, effects& out);
  void check_end(slot& x, incarnation from, const surroundings& at,
                 effects& out);
  void lose(slot& x, const surroundings& at, effects& out);

  void claim_orphans(const surroundings& at, effects& out);
  void start_loads(const surroundings& at, effects& out);
  void advance_one(slot& x, const surroundings& at, effects& out);

  void depart(slot& x, const surroundings& at, effects& out);
  void seal_next(const surroundings& at, effects& out);
  void stay(slot& x, const surroundings& at, effects& out);
  void handed_over(slot& x, const surroundings& at, effects& out);
  void pass_on(slot& x, const surroundings& at, effects& out);
  void give_back(slot& x, const surroundings& at, effects& out);
  void gave_back(slot& x, const surroundings& at, effects& out);

  void on_prepare(slot& x, const received& m, const surroundings& at,
                  effects& out);
  void on_own(slot& x, const received& m, const surroundings& at, effects& out);
  void on_end(slot& x, const received& m, const surroundings& at, effects& out);

  [[nodiscard]] store::shard_row held_row(const slot& x) const;
  static void tell(incarnation to, control_kind what, const slot& x,
                   effects& out, std::uint64_t number = 0);

  incarnation self_;
  times times_;
  std::vector<slot> slots_;
  std::vector<incarnation> desired_;
  bool claiming_ = false;
  bool needs_view_ = false;
};

} // namespace hansom::core
