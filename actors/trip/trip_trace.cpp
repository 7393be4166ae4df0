#include "actors/trip/trip_trace.hpp"

#include <algorithm>

namespace hansom {

namespace {

std::uint64_t since(timestamp from, timestamp to) {
  return static_cast<std::uint64_t>(
    std::max<std::int64_t>((to - from).count(), 0));
}

} // namespace

void trip_trace::search_begins(const trace_context& from) {
  search_ = begin_span(spans_, from);
}

void trip_trace::offer_begins(driver_id to, timestamp search_since,
                              timestamp now, bool first) {
  offer_ends(offer_outcome::withdrawn, now);
  if (first)
    figures_->offer_ms.add(since(search_since, now));
  ++offers_;
  offered_to_ = to;
  offered_at_ = now;
  offer_ = begin_span(spans_, search_.at);
}

void trip_trace::offer_ends(offer_outcome how, timestamp now) {
  if (!offered_at_)
    return;
  ride_figures::raise(
    figures_
      ->offers_ended[std::min<std::size_t>(static_cast<std::size_t>(how), 4)]);
  figures_->answer_ms.add(since(offered_at_, now));
  offered_at_ = {};
  end_span(spans_, offer_, [&] {
    finished_span x;
    x.name = "offer";
    x.tags = {{"hansom.trip", to_string(trip_id{me_.id})},
              {"hansom.driver", to_string(offered_to_)},
              {"hansom.offer.outcome", to_string(how)}};
    return x;
  });
}

void trip_trace::search_ends(const trip_record& record) {
  end_span(spans_, search_, [&] {
    finished_span x;
    x.name = "search";
    x.tags = {{"hansom.trip", to_string(trip_id{me_.id})},
              {"hansom.trip.phase", to_string(record.phase)},
              {"hansom.search.offers", std::int64_t{offers_}}};
    return x;
  });
}

} // namespace hansom
