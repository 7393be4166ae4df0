#include "actors/driver/position_filter.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace hansom {

namespace {

constexpr std::array<std::string_view, position_verdict_count> names = {
  "accepted", "late",       "older", "duplicate",
  "future",   "inaccurate", "jump",  "out_of_range"};

/// Metres are at most this many 1e-7 degrees of latitude and longitude
/// together: saves the trigonometry for nearly every report.
bool surely_within(geo_point a, geo_point b, double metres) noexcept {
  auto lat = std::llabs(std::int64_t{a.lat_e7} - b.lat_e7);
  auto lon = std::llabs(std::int64_t{a.lon_e7} - b.lon_e7);
  constexpr double metres_per_unit = 0.0111195; // On the mean sphere, up.
  return static_cast<double>(lat + lon) * metres_per_unit <= metres;
}

} // namespace

std::string to_string(position_verdict x) {
  auto i = static_cast<std::size_t>(x);
  return i < names.size() ? std::string{names[i]} : "?" + std::to_string(i);
}

position_verdict accept(position_filter_state& state,
                        const position_report& report, timestamp now,
                        const position_filter_config& config) noexcept {
  using verdict = position_verdict;
  if (!is_valid(report.at) || report.time.ms <= 0)
    return verdict::out_of_range;
  if (report.time > now + config.future_max)
    return verdict::future;
  if (report.accuracy_m > config.accuracy_max_m)
    return verdict::inaccurate;
  if (state.time) {
    if (report.time == state.time)
      return verdict::duplicate;
    if (report.time < state.time)
      return verdict::older;
    auto ms = std::max<std::int64_t>((report.time - state.time).count(), 1000);
    auto reach = static_cast<double>(ms) / 1000.0 * config.speed_max_m_s;
    if (!surely_within(state.at, report.at, reach)
        && distance_m(state.at, report.at) > reach)
      return verdict::jump;
  }
  state.time = report.time;
  state.at = report.at;
  return now - report.time > config.late_after ? verdict::late
                                               : verdict::accepted;
}

} // namespace hansom
