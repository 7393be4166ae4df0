#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

void trip_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {duration("dispatch.quote_ttl", AT(dispatch.quote_ttl), 10s, 1h,
              "How long a price is promised."),
     duration("dispatch.offer_timeout", AT(dispatch.offer_timeout), 1s, 5min,
              "A driver's time to answer an offer."),
     duration("dispatch.match_timeout", AT(dispatch.match_timeout), 1s, 1h,
              "A request without a driver expires after this."),
     duration("dispatch.pickup_wait", AT(dispatch.pickup_wait), 1s, 1h,
              "After this at the pickup the driver may report a no-show."),
     duration("dispatch.free_cancel", AT(dispatch.free_cancel), 0s, 1h,
              "Cancelling is free for so long after the assignment."),
     duration("dispatch.connection_grace", AT(dispatch.connection_grace), 1s,
              10min, "A driver's lost connection is forgiven for so long."),
     duration("dispatch.driver_silent", AT(dispatch.driver_silent), 5s, 1h,
              "A driver without a position for so long is replaced."),
     duration("dispatch.stall_after", AT(dispatch.stall_after), 5s, 1h,
              "A driver who comes no nearer for so long is replaced."),
     integer("dispatch.stall_progress_m", AT(dispatch.stall_progress_m), 1,
             10'000, "Nearer by so many metres is progress."),
     integer("dispatch.arrived_within_m", AT(dispatch.arrived_within_m), 0,
             100'000,
             "Arrived is refused farther from the pickup; 0 is no check."),
     duration("dispatch.trip_abandoned", AT(dispatch.trip_abandoned), 1min,
              7 * 24h,
              "A trip at the pickup or under way is cancelled, free of charge, "
              "when nothing is heard of its driver for so long."),
     duration("dispatch.want_again", AT(dispatch.want_again), 1s, 10min,
              "A waiting trip reminds its cell so often."),
     duration("dispatch.trip_linger", AT(dispatch.trip_linger), 1s, 1h,
              "A trip that is over stays in memory for retries."),
     duration("dispatch.entity_idle", AT(dispatch.entity_idle), 1s, 24h,
              "Drivers and riders without session and trip leave memory."),
     duration("dispatch.forward_within", AT(dispatch.forward_within), 0s, 1h,
              "So near to the drop-off a driver may be offered the next "
              "trip.")});
}

void position_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {duration("positions.future_max", AT(dispatch.positions.future_max), 0s, 1h,
              "Positions further ahead of the server's clock are dropped."),
     integer("positions.accuracy_max_m", AT(dispatch.positions.accuracy_max_m),
             1, 100'000, "Positions less accurate are dropped."),
     integer("positions.speed_max_m_s", AT(dispatch.positions.speed_max_m_s), 1,
             100'000,
             "Faster jumps are dropped. Raise it for compressed simulations."),
     duration("positions.late_after", AT(dispatch.positions.late_after), 1s, 1h,
              "Older positions count for the track only.")});
}

void matching_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {integer("cell.level", AT(dispatch.cell_level), 11, 16,
             "S2 level of cells: 12 is about 2 km, 14 about 0.5 km."),
     integer("cell.index_bucket_m", AT(dispatch.index_bucket_m), 20, 10'000,
             "Grid width of the driver index, metres."),
     choice(
       "cell.policy", AT(dispatch.policy),
       "first-come-nearest, closest-pair, batch or batch+forward",
       [](match_policy x) { return to_string(x); },
       [](const std::string& x, match_policy& y) { return parse(x, y); },
       "How requests and drivers are paired."),
     integer("cell.candidates", AT(dispatch.candidates_k), 1, 200,
             "Drivers considered per request."),
     integer("cell.cover_cells_max", AT(dispatch.cover_cells_max), 1, 1000,
             "Cells asked for drivers per round."),
     integer("cell.batch_max", AT(dispatch.batch_max), 1, 10'000,
             "Requests in one round."),
     integer("cell.pickup_radius_m", AT(dispatch.gates.max_pickup_radius_m),
             100, 100'000, "Drivers farther from the pickup are not asked."),
     integer("cell.pickup_max_s", AT(dispatch.gates.max_pickup_s), 30, 7200,
             "Drivers later at the pickup are not asked, seconds."),
     duration("cell.position_max_age", AT(dispatch.gates.position_max_age), 5s,
              1h, "Drivers whose position is older are not asked."),
     integer("cell.immediate_at_milli", AT(dispatch.window.immediate_at_milli),
             1, 1'000'000,
             "Free drivers per request, in thousandths, from which requests "
             "are matched at once."),
     integer("cell.scarce_at_milli", AT(dispatch.window.scarce_at_milli), 0,
             1'000'000,
             "Free drivers per request, in thousandths, below which the window "
             "is the longest."),
     duration("cell.window_longest", AT(dispatch.window.longest), 0s, 1min,
              "The longest wait before a round of matching."),
     integer("cell.waiting_weight_milli",
             AT(dispatch.cost.waiting_weight_milli), 0, 10'000,
             "Credit per second waited, thousandths of a second of pickup."),
     duration("cell.idle", AT(dispatch.cell_idle), 1s, 24h,
              "A cell without drivers and requests leaves memory."),
     duration("cell.starvation_after", AT(dispatch.cost.starvation_after), 1s,
              1h, "Requests waiting longer go before all others."),
     integer("cell.idle_weight_milli", AT(dispatch.cost.idle_weight_milli), 0,
             10'000, "Credit per second that a driver was idle, thousandths."),
     integer("cell.detour_milli", AT(dispatch.eta.detour_milli), 1000, 5000,
             "Metres driven per 1000 m of straight line."),
     integer("cell.utc_offset_s", AT(dispatch.eta.utc_offset_s), -50'400,
             50'400, "Local time minus UTC, for speeds by hour.")});
}

} // namespace hansom::config
