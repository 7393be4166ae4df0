#pragma once

#include "actors/runtime/ride_figures.hpp"
#include "actors/trip/trip_rules.hpp"
#include "protocol/tracer.hpp"

namespace hansom {

/// What an observer is told of a trip's search and of its offers: spans, when
/// the request is recorded, and figures. In memory only: after a restart the
/// search goes on unrecorded. Belongs to one trip.
class trip_trace {
public:
  void init(tracer* spans, ride_figures* figures, entity_ref me) {
    spans_ = spans;
    figures_ = figures;
    me_ = me;
  }

  /// A rider asks.
  /// @param from the span of the rider's command.
  void search_begins(const trace_context& from);

  /// An offer is out.
  /// @param since when the search began; counted for its first offer.
  void offer_begins(driver_id to, timestamp since, timestamp now, bool first);

  /// No offer is out any more. Nothing when none was.
  void offer_ends(offer_outcome how, timestamp now);

  /// The search has ended.
  void search_ends(const trip_record& x);

  /// Whose child a round is; zero: not recorded.
  [[nodiscard]] const trace_context& search() const noexcept {
    return search_.at;
  }

private:
  tracer* spans_ = nullptr;
  ride_figures* figures_ = nullptr;
  entity_ref me_;
  live_span search_;
  live_span offer_;
  driver_id offered_to_;
  timestamp offered_at_; ///< 0: none is out.
  std::uint32_t offers_ = 0;
};

} // namespace hansom
