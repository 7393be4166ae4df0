#pragma once

#include "persistence/redis/config.hpp"
#include "persistence/redis/link.hpp"
#include "protocol/geo.hpp"
#include "protocol/ids.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace hansom::redis {

/// Where a driver was last.
struct driver_place {
  driver_id driver;
  cell_id cell;
  geo_point at;
  timestamp time; ///< When his client measured it.
  std::uint16_t heading_deg = 0;
  bool gone = false; ///< Not in `cell` any more; the rest is unused.
};

/// Readable from any thread.
struct position_stats {
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> conflated{0}; ///< Overtaken before written.
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> removed{0};
  std::atomic<std::uint64_t> dropped_full{0};
  std::atomic<std::uint64_t> put_off{0}; ///< Writes that wait for a next cycle.
  std::atomic<std::uint64_t> outdated{0}; ///< Another node knew it newer.
  std::atomic<std::uint64_t> known{0};    ///< Drivers now.
};

/// The last position of every driver, written to Redis once a cycle, the newest
/// alone. Keys and values: see README.md.
///
/// `take` may be called from any thread and costs a lock and a copy. The rest
/// happens on the link's thread.
class position_board {
public:
  /// Places between two rounds of the link's thread; more are dropped.
  static constexpr std::size_t inbox_max = 131'072;
  static constexpr std::size_t drivers_max = 1'000'000;
  /// Drivers in one Redis command.
  static constexpr std::size_t chunk = 256;

  /// @param to must outlive the board; registers its work there, so `to` must
  ///        not have been started.
  position_board(link& to, const config& with, std::function<timestamp()> now);

  /// Takes places in, in the order in which they became true.
  void take(const driver_place* first, std::size_t n);

  /// Asks Redis where drivers were last. Blocks for up to `within`.
  /// @returns those that it knows to be there at `not_before` or later; empty
  ///          when there is no Redis.
  std::vector<driver_place> read(const std::vector<driver_id>& whom,
                                 timestamp not_before, milliseconds within);

  [[nodiscard]] const position_stats& stats() const noexcept {
    return stats_;
  }

private:
  struct entry {
    driver_place place;
    bool dirty = false;
  };

  command script(std::string_view what) const;
  void gather();
  void write();
  void write_places(const std::vector<driver_id>& whom);
  void remove(const std::vector<std::pair<driver_id, cell_id>>& whom);
  void forget_stale();

  link& link_;
  std::string places_key_;
  std::string times_key_;
  std::string details_key_;
  milliseconds max_age_;
  std::function<timestamp()> now_;
  position_stats stats_;

  std::mutex mutex_;
  std::vector<driver_place> inbox_; ///< Guarded.

  // The link's thread alone.
  std::vector<driver_place> gathering_;
  std::unordered_map<driver_id, entry> drivers_;
  std::vector<driver_id> dirty_;
  std::vector<std::pair<driver_id, cell_id>> gone_; ///< And from where.
  std::uint64_t generation_ = 0;
};

} // namespace hansom::redis
