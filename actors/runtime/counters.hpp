#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace hansom {

/// Why a message or a wish was dropped or refused inside the node. Each has a
/// name in the metrics; none is silent.
enum class drop_reason : std::uint8_t {
  directory_full,     ///< Too many messages wait for one entity to load.
  load_failed,        ///< The store did not answer in time.
  entity_gone,        ///< A trip that the store does not know.
  stale_offer,        ///< Accept, decline or proposal for a past offer.
  unknown_driver,     ///< A position for a driver not in the cell's books.
  stale_status,       ///< An older driver status came after a newer one.
  lend_too_late,      ///< A neighbour answered after the round was closed.
  commit_refused,     ///< Store unavailable; the client was told to retry.
  commit_stale_epoch, ///< The shard has another owner.
  session_gone,       ///< A frame for a session that no longer exists.
  unexpected_message,
  cell_full, ///< More drivers or requests than a cell's books hold.
  node_stopping,
  gate_full,       ///< Too much waits for one entity's present write.
  gate_lost,       ///< Said to an entity that may write no more.
  commit_rejected, ///< The store disagrees with an entity's memory.
  shard_full,      ///< Too much waits for a shard that is opening or leaving.
  no_route,        ///< No way to the owner was found in time.
  link_lost,       ///< Sent to another node; nobody knows what became of it.
};
inline constexpr std::size_t drop_reason_count = 19;

std::string_view to_text(drop_reason x) noexcept;

/// Thread-safe; relaxed.
class drop_counters {
public:
  void count(drop_reason why, std::uint64_t n = 1) noexcept {
    counts_[static_cast<std::size_t>(why)].fetch_add(n,
                                                     std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t of(drop_reason why) const noexcept {
    return counts_[static_cast<std::size_t>(why)].load(
      std::memory_order_relaxed);
  }

private:
  std::array<std::atomic<std::uint64_t>, drop_reason_count> counts_{};
};

} // namespace hansom
