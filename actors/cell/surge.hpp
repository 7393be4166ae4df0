#pragma once

#include "protocol/journal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace hansom {

/// One knot of the price table; between knots the multiplier is linear.
struct surge_knot {
  std::uint32_t ratio_milli = 0; ///< Requests per window and free driver.
  std::uint32_t price_milli = 1000;
};

struct surge_config {
  bool enabled = true;
  milliseconds window{300'000};      ///< Demand and supply are counted in it.
  milliseconds update_every{60'000}; ///< The caller's timer.
  milliseconds half_life{120'000};   ///< Of the smoothing in time.
  std::uint32_t neighbour_weight_milli = 300; ///< Of the neighbours' mean.
  std::uint32_t step_milli = 200;             ///< Largest change per update.
  std::uint32_t round_milli = 50;             ///< Prices are multiples of this.
  std::uint32_t floor_milli = 1000;
  std::uint32_t cap_milli = 3000;
  /// Ascending in both columns.
  std::vector<surge_knot> table = {
    {1000, 1000}, {1500, 1200}, {2000, 1500}, {3000, 2000}, {5000, 3000}};
};

/// @returns an empty text when the config is usable, else what is wrong.
std::string check(const surge_config& config);

/// Events per sliding window, in 16 slots: O(1), fixed memory.
class sliding_count {
public:
  explicit sliding_count(milliseconds window = milliseconds{300'000}) noexcept;

  /// Counts `n` events at `now`; times may not run backwards by a window.
  void add(timestamp now, std::uint32_t n = 1) noexcept;

  /// @returns events within the window before `now`.
  [[nodiscard]] std::uint64_t count(timestamp now) const noexcept;

private:
  static constexpr std::size_t slots = 16;
  struct slot {
    std::int64_t number = -1; ///< Absolute slot number.
    std::uint64_t events = 0;
  };
  std::int64_t slot_ms_;
  std::array<slot, slots> slots_;
};

/// What a cell remembers between updates.
struct surge_state {
  std::uint32_t demand_milli = 0; ///< Requests per window, smoothed, x 1000.
  std::uint32_t supply_milli = 0; ///< Free drivers, smoothed, x 1000.
  /// Own demand over own supply: what `surge_hint` tells the neighbours.
  std::uint32_t own_ratio_milli = 0;
  std::uint32_t ratio_milli = 0; ///< With the neighbours: what prices follow.
  std::uint32_t price_milli = 1000;
  timestamp updated_at; ///< 0 before the first update.
};
HANSOM_RECORD(surge_state, demand_milli, supply_milli, own_ratio_milli,
              ratio_milli, price_milli, updated_at)

/// Ratios end here: demand without any supply.
inline constexpr std::uint32_t surge_ratio_max_milli = 100'000;

/// @returns the table's multiplier for a ratio, before steps and limits;
///          monotone in the ratio.
std::uint32_t table_price(std::uint32_t ratio_milli,
                          const surge_config& config) noexcept;

/// One update of one cell's price.
/// @param demand requests within the window; @param supply free drivers now
///        (or their mean over the window).
/// @param neighbours their `own_ratio_milli` as last heard; empty is fine.
/// @returns the event to journal when the price has changed.
std::optional<surge_changed>
update_surge(surge_state& state, std::uint32_t demand, std::uint32_t supply,
             const std::vector<std::uint32_t>& neighbours, timestamp now,
             const surge_config& config);

} // namespace hansom
