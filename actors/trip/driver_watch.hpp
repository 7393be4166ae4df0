#pragma once

#include "actors/dispatch_config.hpp"
#include "actors/messages.hpp"
#include "actors/trip/trip_rules.hpp"

namespace hansom {

/// What a trip sees of its driver: where he is, whether he comes nearer, how
/// far he has driven with the rider. Nothing of it is durable; after a restart
/// it begins anew, in the driver's favour.
class driver_watch {
public:
  /// Forgets the last driver; the new one has all his time from `now`.
  void begin(timestamp now);

  /// The rider is in: the track begins.
  void begin_track();

  /// Takes a position in.
  void see(const trip_position& x, const trip_record& trip,
           const eta_model& eta, timestamp now, const dispatch_config& config);

  /// He has said something, though not where he is.
  void hear(timestamp now) {
    heard_at_ = now;
  }

  [[nodiscard]] driver_sight sight(timestamp now,
                                   const dispatch_config& config) const;

  /// Where he is, as far as is known.
  /// @param said his own words; they count unless no car could have got there
  ///        from his last position.
  [[nodiscard]] caf::optional<geo_point>
  place(const caf::optional<geo_point>& said, timestamp now,
        const dispatch_config& config) const;

  /// When he counts as silent, and when as stalled, if nothing changes.
  [[nodiscard]] timestamp silent_at(const dispatch_config& config) const;
  [[nodiscard]] timestamp stalled_at(const dispatch_config& config) const;

  /// When the last word of him came: a position, however late, or a command.
  [[nodiscard]] timestamp heard_at() const noexcept {
    return heard_at_;
  }

  /// @returns metres of the track; 0 when nothing was seen.
  [[nodiscard]] std::uint32_t driven_m() const;

private:
  caf::optional<geo_point> at_;
  timestamp seen_at_;
  timestamp heard_at_;
  timestamp progressed_at_;
  bool near_ = false;        ///< At the pickup, or as good as there.
  std::uint32_t best_m_ = 0; ///< Least distance to the pickup that counted.
  bool best_known_ = false;
  bool tracking_ = false;
  caf::optional<geo_point> track_end_;
  std::int64_t track_cm_ = 0;
};

} // namespace hansom
