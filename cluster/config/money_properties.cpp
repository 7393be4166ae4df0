#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

namespace hansom::config {

using namespace std::chrono_literals;

void money_properties(std::vector<property>& out) {
  constexpr std::int64_t most = 1'000'000'000;
  out.insert(
    out.end(),
    {choice(
       "fares.currency", AT(dispatch.fares.unit), "an ISO 4217 code: \"USD\"",
       [](currency x) { return to_string(x); },
       [](const std::string& x, currency& y) { return parse_currency(x, y); },
       "Of all amounts, which are in its minor unit (cents)."),
     integer("fares.base", AT(dispatch.fares.base), 0, most, "Per ride."),
     integer("fares.per_km", AT(dispatch.fares.per_km), 0, most, "Per km."),
     integer("fares.per_minute", AT(dispatch.fares.per_minute), 0, most,
             "Per minute."),
     integer("fares.booking_fee", AT(dispatch.fares.booking_fee), 0, most,
             "Added after surge."),
     integer("fares.minimum", AT(dispatch.fares.minimum), 0, most,
             "No fare is below."),
     integer("fares.cancel_fee", AT(dispatch.fares.cancel_fee), 0, most,
             "For late cancellation by the rider."),
     integer("fares.no_show_fee", AT(dispatch.fares.no_show_fee), 0, most,
             "For a rider who does not come."),
     integer("fares.commission_milli", AT(dispatch.commission_milli), 0, 1000,
             "Of each fare, thousandths; the platform's part."),
     flag("surge.enabled", AT(dispatch.surge.enabled),
          "Prices follow demand over supply."),
     duration("surge.window", AT(dispatch.surge.window), 10s, 1h,
              "Demand and supply are counted over this."),
     duration("surge.update_every", AT(dispatch.surge.update_every), 1s, 1h,
              "Time between price updates."),
     duration("surge.half_life", AT(dispatch.surge.half_life), 1s, 24h,
              "Of the smoothing in time."),
     integer("surge.neighbour_weight_milli",
             AT(dispatch.surge.neighbour_weight_milli), 0, 1000,
             "Weight of the neighbouring cells, thousandths."),
     integer("surge.step_milli", AT(dispatch.surge.step_milli), 1, 10'000,
             "Largest change per update, thousandths."),
     integer("surge.floor_milli", AT(dispatch.surge.floor_milli), 100, 10'000,
             "Lowest multiplier, thousandths."),
     integer("surge.cap_milli", AT(dispatch.surge.cap_milli), 100, 100'000,
             "Highest multiplier, thousandths.")});
}

} // namespace hansom::config
