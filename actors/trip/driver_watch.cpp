#include "actors/trip/driver_watch.hpp"

#include <algorithm>
#include <limits>

namespace hansom {

void driver_watch::begin(timestamp now) {
  *this = {};
  seen_at_ = now;
  heard_at_ = now;
  progressed_at_ = now;
}

void driver_watch::begin_track() {
  tracking_ = true;
  track_end_ = at_;
  track_cm_ = 0;
}

void driver_watch::see(const trip_position& x, const trip_record& trip,
                       const eta_model& eta, timestamp now,
                       const dispatch_config& config) {
  heard_at_ = now;
  if (tracking_) {
    if (track_end_)
      track_cm_ +=
        static_cast<std::int64_t>(100 * distance_m(*track_end_, x.at));
    track_end_ = x.at;
  }
  if (x.track_only)
    return;
  at_ = x.at;
  seen_at_ = now;
  if (trip.phase != trip_phase::assigned)
    return;
  auto left = eta.distance(x.at, trip.pickup);
  near_ = distance_m(x.at, trip.pickup) <= std::max<std::uint32_t>(
            config.arrived_within_m, config.stall_progress_m);
  if (best_known_ && left + config.stall_progress_m > best_m_)
    return;
  // The first position is what progress is measured from.
  if (best_known_)
    progressed_at_ = now;
  best_known_ = true;
  best_m_ = left;
}

driver_sight driver_watch::sight(timestamp now,
                                 const dispatch_config& config) const {
  return {at_, near_ || now < stalled_at(config)};
}

caf::optional<geo_point>
driver_watch::place(const caf::optional<geo_point>& said, timestamp now,
                    const dispatch_config& config) const {
  if (!said || !is_valid(*said))
    return at_;
  if (at_) {
    // As the position filter judges: over at least one second.
    auto ms = std::max<std::int64_t>((now - seen_at_).count(), 1000);
    auto reach =
      static_cast<double>(ms) / 1000.0 * config.positions.speed_max_m_s;
    if (distance_m(*at_, *said) > reach)
      return at_;
  }
  return said;
}

timestamp driver_watch::silent_at(const dispatch_config& config) const {
  return seen_at_ + config.driver_silent;
}

timestamp driver_watch::stalled_at(const dispatch_config& config) const {
  return (near_ ? seen_at_ : progressed_at_) + config.stall_after;
}

std::uint32_t driver_watch::driven_m() const {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(
    track_cm_ / 100, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace hansom
