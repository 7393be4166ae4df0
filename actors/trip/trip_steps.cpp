#include "actors/trip/trip_steps.hpp"

#include "actors/runtime/commit_gate.hpp"

#include <algorithm>
#include <iterator>

namespace hansom {

std::vector<store::claim> claims_of(const trip_record& x) {
  std::vector<store::claim> result;
  if (x.rev == 0 || is_terminal(x.phase))
    return result;
  if (has_driver(x.phase))
    result.push_back(
      {x.queued ? store::claim_kind::driver_next : store::claim_kind::driver,
       x.driver.value});
  result.push_back({store::claim_kind::rider, x.rider.value});
  return result;
}

std::vector<store::transfer> transfers_of(const trip_record& before,
                                          const trip_record& after,
                                          const dispatch_config& config) {
  std::vector<store::transfer> result;
  auto rider = "rider/" + to_string(after.rider);
  auto driver = "driver/" + to_string(after.driver);
  auto trip = to_string(after.trip);
  if (before.phase != after.phase && after.phase == trip_phase::completed) {
    auto fare = after.fare.minor;
    if (fare > 0)
      result.push_back({"fare/" + trip, rider, driver, after.fare});
    // Halves go to the driver.
    auto part = fare / 1000 * config.commission_milli
                + fare % 1000 * config.commission_milli / 1000;
    if (part > 0)
      result.push_back({"commission/" + trip,
                        driver,
                        "platform/commission",
                        {part, after.fare.unit}});
  }
  if (before.fee.minor == 0 && after.fee.minor > 0)
    result.push_back({"fee/" + trip, rider,
                      after.driver ? driver : "platform/fees", after.fee});
  return result;
}

store::write to_write(const trip_record& before, const trip_record& after,
                      const std::vector<trip_event>& events,
                      const dispatch_config& config) {
  store::write w;
  w.first_seq = before.rev + 1;
  w.events = to_store(events);
  w.state = encode(after);
  w.active = !is_terminal(after.phase);
  auto held = claims_of(before);
  auto wanted = claims_of(after);
  std::set_difference(wanted.begin(), wanted.end(), held.begin(), held.end(),
                      std::back_inserter(w.take));
  std::set_difference(held.begin(), held.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(w.release));
  if (before.rev == 0)
    w.take.push_back({store::claim_kind::quote, after.quote.value});
  w.transfers = transfers_of(before, after, config);
  return w;
}

bool is_urgent(const std::vector<trip_event>& events) {
  return !std::all_of(events.begin(), events.end(), [](auto& x) {
    return std::holds_alternative<trip_rated>(x);
  });
}

} // namespace hansom
