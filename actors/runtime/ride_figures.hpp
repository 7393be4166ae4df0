#pragma once

#include "protocol/histogram.hpp"
#include "protocol/money.hpp"
#include "protocol/states.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace hansom {

/// Bounds of what people wait for, in milliseconds.
inline constexpr std::array<std::uint64_t, 16> ride_wait_bounds_ms{
  10,    25,    50,     100,    250,    500,    1'000,   1'500,
  2'500, 5'000, 10'000, 20'000, 30'000, 60'000, 120'000, 300'000};
/// Of what they are driven, in seconds.
inline constexpr std::array<std::uint64_t, 10> ride_time_bounds_s{
  30, 60, 120, 300, 600, 900, 1'200, 1'800, 3'600, 7'200};
/// Of sizes: requests in a round, candidates.
inline constexpr std::array<std::uint64_t, 11> size_bounds{
  1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024};

/// Amounts by currency. At most `currencies` of them; what comes beyond is
/// counted as one.
class money_figures {
public:
  static constexpr std::size_t currencies = 15;

  struct row {
    std::atomic<std::uint32_t> unit{0}; ///< 0: free.
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> minor{0};
  };

  void add(const money& x) noexcept {
    auto& to = row_of(x.unit.packed);
    to.count.fetch_add(1, std::memory_order_relaxed);
    if (x.minor > 0)
      to.minor.fetch_add(static_cast<std::uint64_t>(x.minor),
                         std::memory_order_relaxed);
  }

  /// The last one holds what found no row.
  [[nodiscard]] const std::array<row, currencies + 1>& rows() const noexcept {
    return rows_;
  }

private:
  row& row_of(std::uint32_t unit) noexcept {
    for (std::size_t i = 0; i < currencies; ++i) {
      std::uint32_t held = 0;
      if (rows_[i].unit.compare_exchange_strong(held, unit) || held == unit)
        return rows_[i];
    }
    return rows_.back();
  }

  std::array<row, currencies + 1> rows_{};
};

/// What became of rides on this node, since it started: durable steps, each
/// counted by the trip's actor after its commit. Thread-safe; relaxed.
struct ride_figures {
  using number = std::atomic<std::uint64_t>;
  template <const auto& Bounds>
  using times = histogram<Bounds>;

  static void raise(number& x, std::uint64_t n = 1) noexcept {
    x.fetch_add(n, std::memory_order_relaxed);
  }

  number requested{0};
  number assigned{0}; ///< Again after a driver was lost, too.
  number released{0}; ///< A driver was lost; the search begins anew.
  number completed{0};
  std::array<number, cause_count> cancelled{}; ///< By who ended it.
  number expired{0};
  std::array<number, 5> offers_ended{}; ///< By `offer_outcome`.

  times<ride_wait_bounds_ms> match_ms;  ///< Search begun -> assigned.
  times<ride_wait_bounds_ms> offer_ms;  ///< Search begun -> first offer out.
  times<ride_wait_bounds_ms> answer_ms; ///< Offer out -> over.
  times<ride_time_bounds_s> pickup_s;   ///< Assigned -> arrived.
  times<ride_time_bounds_s> ride_s;     ///< Started -> completed.
  number ridden_m{0};

  money_figures fares;
  money_figures fees; ///< For cancelling or not coming.

  times<ride_wait_bounds_ms> round_ms; ///< Neighbours' answers included.
  times<size_bounds> round_requests;
  times<size_bounds> round_candidates;
  number pairs{0};
};

} // namespace hansom
