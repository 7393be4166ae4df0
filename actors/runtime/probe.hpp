#pragma once

#include "actors/runtime/current_turn.hpp"
#include "actors/runtime/message_kind.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace hansom {

class observatory;

/// What the console knows of one actor without asking it. Written by the
/// actor's own thread and its senders, read by anybody; relaxed atomics, since
/// each figure stands alone.
struct probe {
  /// One handled message: kind (8 bits), handling time in us (24, saturating at
  /// 16 s), end in ms since `born` (32, 49 days). 0 is none.
  struct handled_message {
    std::atomic<std::uint64_t> packed{0};
    std::atomic<std::uint64_t> trip{0}; ///< That it was about; 0: none.
  };

  /// What a `handled_message` says. Torn reads show a wrong trip for an
  /// instant, nothing worse.
  struct memory {
    message_kind kind = 0;
    std::uint32_t took_us = 0;
    std::uint32_t at_ms = 0; ///< Since `born`.
    trip_id trip;
  };

  static constexpr std::size_t history = 8; ///< Unless a kind wants more.

  probe() = default;

  /// @param keep how many messages it remembers; a power of two.
  probe(entity_ref me, observatory* watcher, std::size_t keep)
    : who{me}, mask{static_cast<std::uint16_t>(keep - 1)}, home{watcher},
      last{std::make_unique<handled_message[]>(keep)} {
  }

  entity_ref who;

  // What a survey of 200,000 reads of each lies together: two lines of the
  // cache, not four.
  std::atomic<std::uint64_t> enqueued{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::int64_t> running_since_ns{0}; ///< 0: idle.
  std::atomic<std::uint64_t> parent_id{0};       ///< See `parent`.
  std::chrono::steady_clock::time_point born = std::chrono::steady_clock::now();
  /// Of the one who surveys all probes; see cluster/admin/survey.hpp.
  std::uint64_t seen_handled = 0;
  std::uint64_t seen_busy_ns = 0;
  std::atomic<message_kind> running_kind{0};
  std::atomic<std::uint8_t> state{0}; ///< See `kind_description::states`.
  std::atomic<std::uint8_t> parent_kind{0};

  std::atomic<bool> ended{false};   ///< The actor is no more.
  std::atomic<bool> died{false};    ///< Of an exception, which is noted.
  std::atomic<bool> watched{false}; ///< Somebody wants each message.
  std::uint16_t mask = history - 1;
  std::atomic<std::uint32_t> remembered{0}; ///< Messages put into `last`.
  std::atomic<std::uint32_t> routine_seen{0};
  observatory* home = nullptr; ///< Null in tests only. Outlives the actor.
  /// Of a trip: who takes part, wherever they live; 0: nobody.
  std::atomic<std::uint64_t> rider{0};
  std::atomic<std::uint64_t> driver{0};

  /// The last messages, newest overwritten oldest, without routine ones, which
  /// have `routine` for themselves.
  std::unique_ptr<handled_message[]> last =
    std::make_unique<handled_message[]>(history);
  std::array<handled_message, 2> routine;

  shard_id shard = no_shard; ///< Set before the actor's first message.

  [[nodiscard]] std::uint64_t depth() const noexcept {
    auto done = handled.load(std::memory_order_relaxed);
    auto in = enqueued.load(std::memory_order_relaxed);
    return in > done ? in - done : 0;
  }

  /// What the actor is now, and below whom the console shows it: a trip below
  /// its cell, who is on a trip below that.
  void show(std::uint8_t what, entity_ref below) noexcept {
    state.store(what, std::memory_order_relaxed);
    parent_kind.store(static_cast<std::uint8_t>(below.kind),
                      std::memory_order_relaxed);
    parent_id.store(below.id, std::memory_order_relaxed);
  }

  /// Of a trip: who takes part.
  void carry(rider_id whom, driver_id by) noexcept {
    rider.store(whom.value, std::memory_order_relaxed);
    driver.store(by.value, std::memory_order_relaxed);
  }

  /// @returns below whom it is; an id of 0: below nobody.
  [[nodiscard]] entity_ref parent() const noexcept {
    return {
      static_cast<entity_kind>(parent_kind.load(std::memory_order_relaxed)),
      parent_id.load(std::memory_order_relaxed)};
  }

  /// Called by the actor's thread alone.
  void remember(message_kind kind, std::uint64_t took_us, trip_id trip,
                std::chrono::steady_clock::time_point end) noexcept;

  static memory unpack(const handled_message& x) noexcept {
    auto bits = x.packed.load(std::memory_order_relaxed);
    return {static_cast<message_kind>(bits >> 56),
            static_cast<std::uint32_t>(bits >> 32 & 0xff'ffff),
            static_cast<std::uint32_t>(bits),
            trip_id{x.trip.load(std::memory_order_relaxed)}};
  }

  /// Calls `visit(memory)` for each message that is remembered; in no order.
  template <class Visit>
  void for_each_memory(Visit visit) const {
    auto look = [&](const handled_message& x) {
      if (x.packed.load(std::memory_order_relaxed) != 0)
        visit(unpack(x));
    };
    for (std::size_t i = 0; i <= mask; ++i)
      look(last[i]);
    for (auto& x : routine)
      look(x);
  }
};

inline void
probe::remember(message_kind kind, std::uint64_t took_us, trip_id trip,
                std::chrono::steady_clock::time_point end) noexcept {
  using namespace std::chrono;
  auto at =
    static_cast<std::uint32_t>(duration_cast<milliseconds>(end - born).count());
  auto took = took_us > 0xff'ffff ? 0xff'ffff : took_us;
  auto next = [](std::atomic<std::uint32_t>& n) {
    auto i = n.load(std::memory_order_relaxed);
    n.store(i + 1, std::memory_order_relaxed);
    return i;
  };
  auto& slot = is_routine(kind) ? routine[next(routine_seen) & 1]
                                : last[next(remembered) & mask];
  // An unknown kind at once after birth would look like an empty slot.
  auto bits = std::uint64_t{kind} << 56 | std::uint64_t{took} << 32 | at;
  slot.packed.store(bits == 0 ? 1 : bits, std::memory_order_relaxed);
  slot.trip.store(trip.value, std::memory_order_relaxed);
}

} // namespace hansom
