#pragma once

#include "protocol/client_messages.hpp"

#include <string>

namespace hansom {

/// What becomes of a position report.
enum class position_verdict : std::uint8_t {
  accepted,
  late,      ///< Old, from a client that was offline: for the track only.
  older,     ///< Before the last one taken.
  duplicate, ///< The same time as the last one taken.
  future,    ///< Ahead of the server's clock.
  inaccurate,
  jump,         ///< Faster than any vehicle since the last one taken.
  out_of_range, ///< No place on earth, or no time.
};
inline constexpr std::size_t position_verdict_count = 8;

std::string to_string(position_verdict x);

/// @returns whether the report goes into the trip's track.
constexpr bool is_kept(position_verdict x) noexcept {
  return x == position_verdict::accepted || x == position_verdict::late;
}

struct position_filter_config {
  milliseconds future_max{5000};
  std::uint32_t accuracy_max_m = 100; ///< A report of 0 is unknown and passes.
  std::uint32_t speed_max_m_s = 70;
  milliseconds late_after{30'000};
};

/// What the filter remembers of one driver.
struct position_filter_state {
  timestamp time; ///< Client time of the last report kept; 0 before the first.
  geo_point at;
};
static_assert(sizeof(position_filter_state) <= 32);

/// Judges one report and, when it is kept, remembers it. Client times of kept
/// reports strictly grow. Speed is judged over at least one second, so that
/// the noise of two reports close in time is no jump.
position_verdict accept(position_filter_state& state,
                        const position_report& report, timestamp now,
                        const position_filter_config& config) noexcept;

} // namespace hansom
