#pragma once

#include "actors/runtime/current_turn.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace hansom {

/// What the console knows of one actor without asking it. Written by the
/// actor's own thread and its senders, read by anybody; relaxed atomics, since
/// each figure stands alone.
struct probe {
  /// The last messages, newest overwritten oldest. Torn reads show a wrong
  /// duration for an instant, nothing worse.
  struct handled_message {
    std::atomic<std::uint16_t> type{0};     ///< CAF type id; 0 is none.
    std::atomic<std::uint32_t> micros{0};   ///< Handling time.
    std::atomic<std::uint32_t> at_decis{0}; ///< 0.1 s since `born`.
  };
  static constexpr std::size_t history = 8;

  std::atomic<std::uint64_t> enqueued{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::int64_t> running_since_ns{0}; ///< 0: idle.
  std::atomic<std::uint16_t> running_type{0};
  std::atomic<bool> ended{false}; ///< The actor is no more.
  std::chrono::steady_clock::time_point born = std::chrono::steady_clock::now();
  std::array<handled_message, history> last;

  shard_id shard = no_shard; ///< Set before the actor's first message.

  [[nodiscard]] std::uint64_t depth() const noexcept {
    auto done = handled.load(std::memory_order_relaxed);
    auto in = enqueued.load(std::memory_order_relaxed);
    return in > done ? in - done : 0;
  }
};

} // namespace hansom
