#pragma once

#include "protocol/histogram.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <atomic>
#include <chrono>

namespace hansom {

/// How long messages wait for their turn, by kind of actor, in microseconds:
/// of the whole process, as its metrics are. Any thread.
class mailbox_waits {
public:
  using times = histogram<wait_bounds_us>;

  static times& of(entity_kind x) noexcept {
    static std::array<times, 5> all;
    return all[static_cast<std::size_t>(x)];
  }
};

/// Times one message in sixteen of an actor: a clock for each would cost more
/// than many a message does.
class wait_timer {
public:
  using steady = std::chrono::steady_clock;
  static constexpr std::uint64_t one_in = 16;

  /// Called by senders. @param before how many messages there were.
  /// @param id the actor's, so that those with few messages are timed as often
  ///        as others.
  void comes(std::uint64_t before, std::uint64_t id) noexcept {
    if ((before + id) % one_in == 0) [[unlikely]]
      begin(before + 1, steady::now());
  }

  void begin(std::uint64_t number, steady::time_point now) noexcept {
    std::uint64_t none = 0;
    if (number_.compare_exchange_strong(none, number,
                                        std::memory_order_acquire))
      since_ns_.store(now.time_since_epoch().count(),
                      std::memory_order_release);
  }

  /// Called by the actor's thread before it handles a message.
  /// @param number of the message, from 1. An urgent one overtakes others,
  ///        whose number it then has.
  /// @returns how long it has waited, ns; negative when it was not timed.
  std::int64_t turn(std::uint64_t number) noexcept {
    auto timed = number_.load(std::memory_order_relaxed);
    if (timed == 0 || number < timed) [[likely]]
      return -1;
    auto since = since_ns_.exchange(0, std::memory_order_acquire);
    if (since == 0)
      return -1; // Its sender is about to say.
    number_.store(0, std::memory_order_release);
    auto ns = steady::now().time_since_epoch().count() - since;
    return ns > 0 ? ns : 0;
  }

private:
  std::atomic<std::uint64_t> number_{0}; ///< Of the timed one; 0: none.
  std::atomic<std::int64_t> since_ns_{0};
};

} // namespace hansom
