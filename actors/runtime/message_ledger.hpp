#pragma once

#include "actors/runtime/message_kind.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace hansom {

/// How long messages of one kind took, and what became of them. One writer.
struct message_tally {
  /// Four buckets to each doubling of microseconds, up to 16 s: a figure read
  /// from them is at most a quarter too high.
  static constexpr std::size_t buckets = 96;

  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> slow{0};
  std::array<std::atomic<std::uint32_t>, buckets> by_time{};

  static std::size_t bucket_of(std::uint64_t us) noexcept {
    if (us < 4)
      return static_cast<std::size_t>(us);
    auto octave = static_cast<std::size_t>(std::bit_width(us)) - 1;
    auto sub = static_cast<std::size_t>(us >> (octave - 2)) & 3;
    return std::min((octave - 1) * 4 + sub, buckets - 1);
  }
  /// @returns the least microseconds that are above bucket `i`.
  static std::uint64_t upper_end(std::size_t i) noexcept {
    ++i;
    return i < 4 ? i : (4 + i % 4) << (i / 4 - 1);
  }
};

/// The sum of a kind's tallies.
struct message_total {
  entity_kind actor = entity_kind::driver;
  message_kind message = 0;
  std::uint64_t handled = 0;
  std::uint64_t busy_ns = 0;
  std::uint64_t failed = 0;
  std::uint64_t slow = 0;
  std::array<std::uint64_t, message_tally::buckets> by_time{};

  /// @returns the microseconds that a share of the messages, in thousandths,
  ///          stayed below; 0 without messages.
  [[nodiscard]] std::uint64_t percentile_us(unsigned permille) const noexcept;
};

/// Counts every message that is handled, per kind of actor and of message. Each
/// thread writes into a part of its own: no line of memory is fought for.
/// Thread-safe.
class message_ledger {
public:
  message_ledger();
  ~message_ledger();
  message_ledger(const message_ledger&) = delete;
  message_ledger& operator=(const message_ledger&) = delete;

  void count(entity_kind actor, message_kind message, std::uint64_t took_ns,
             bool slow, bool failed) {
    auto& x = tally_of(mine(), actor, message);
    add(x.handled, 1);
    add(x.busy_ns, took_ns);
    if (slow)
      add(x.slow, 1);
    if (failed)
      add(x.failed, 1);
    auto& bucket = x.by_time[message_tally::bucket_of(took_ns / 1000)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1,
                 std::memory_order_relaxed);
  }

  /// @returns what has been handled, of each kind that was.
  [[nodiscard]] std::vector<message_total> totals() const;

private:
  static constexpr std::size_t places = 5 * message_kinds_max;
  struct part {
    std::array<std::atomic<message_tally*>, places> tallies{};
    ~part();
  };

  /// One thread writes it at a time.
  static void add(std::atomic<std::uint64_t>& to, std::uint64_t n) noexcept {
    to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  static std::size_t place_of(entity_kind actor, message_kind x) noexcept {
    return static_cast<std::size_t>(actor) * message_kinds_max + x;
  }

  static message_tally& tally_of(part& in, entity_kind actor, message_kind x) {
    auto& place = in.tallies[place_of(actor, x)];
    auto* found = place.load(std::memory_order_relaxed);
    return found != nullptr ? *found : make_tally(place);
  }
  static message_tally& make_tally(std::atomic<message_tally*>& place);

  part& mine() {
    thread_local struct {
      std::uint64_t ledger = 0;
      part* of = nullptr;
    } known;
    if (known.ledger != id_) {
      known.of = &find_mine();
      known.ledger = id_;
    }
    return *known.of;
  }
  part& find_mine();

  const std::uint64_t id_; ///< Unlike its address, never used again.
  mutable std::mutex mutex_;
  std::vector<std::pair<std::thread::id, std::unique_ptr<part>>> parts_;
};

} // namespace hansom
