#include "bench/micro/trip_writes.hpp"

#include "actors/trip/trip_record.hpp"

namespace hansom::bench {

namespace {

trip_event event_of(const trip_record& x, std::size_t step, timestamp at) {
  switch (step) {
  case 0:
    return trip_requested{at,      x.rider, x.pickup,      x.dropoff, x.service,
                          x.quote, x.fare,  x.surge_milli, 2500,      600};
  case 1:
    return trip_assigned{at, x.driver, at, 120, false, {}};
  case 2:
    return driver_arrived{at};
  case 3:
    return trip_started{at};
  default:
    return trip_completed{at, x.fare, 2700, 640};
  }
}

/// Claims and money, step by step.
void add_rights(store::write& out, const trip_record& x, std::size_t step) {
  using store::claim_kind;
  const auto rider = store::claim{claim_kind::rider, x.rider.value};
  const auto driver = store::claim{claim_kind::driver, x.driver.value};
  if (step == 0)
    out.take = {rider, {claim_kind::quote, x.quote.value}};
  if (step == 1)
    out.take = {driver};
  if (step + 1 < trip_writes::steps)
    return;
  out.active = false;
  out.release = {rider, driver};
  const auto trip = to_string(x.trip);
  const auto driver_account = "driver/" + to_string(x.driver);
  out.transfers = {
    {trip + "/fare", "rider/" + to_string(x.rider), driver_account, x.fare},
    {trip + "/commission", driver_account, "platform/fees", {284, {}}}};
}

} // namespace

trip_writes::trip_writes(store::incarnation self,
                         const std::vector<store::shard_row>& epochs,
                         timestamp began)
  : self_{self}, began_{began} {
  for (auto& x : epochs)
    epochs_[x.shard] = x.now;
}

store::write trip_writes::make(std::uint64_t trip, std::size_t step) const {
  const timestamp at{began_.ms + static_cast<std::int64_t>(trip / 100)};
  const auto shard = static_cast<shard_id>(trip % shard_count);
  trip_record x;
  x.trip = make_trip_id(shard, 1'750'000'000 + trip / 200'000, self_,
                        static_cast<std::uint32_t>(trip % 200'000));
  x.rider = {1'000'000 + trip};
  x.driver = {1 + trip};
  x.quote = {mix64(trip) | 1};
  x.pickup = {407'580'000, -739'855'000};
  x.dropoff = {407'359'000, -739'911'000};
  x.fare = {1420, {}};
  x.requested_at = x.matching_since = at;
  x.phase = trip_phase::matching;
  x.rev = static_cast<std::uint32_t>(step + 1);
  x.changed_at = x.assigned_at = at;
  x.eta_s = 120;
  store::write out;
  out.entity = x.trip;
  out.shard = shard;
  out.claimed_epoch = epochs_[shard];
  out.first_seq = step + 1;
  out.at = at;
  auto event = event_of(x, step, at);
  out.events = {{std::string{event_name(event)}, encode_event(event)}};
  out.state = encode(x);
  add_rights(out, x, step);
  entity_ref client = x.driver;
  if (step == 0)
    client = x.rider;
  out.command =
    store::command_key{client, "l1750000000000-" + std::to_string(step + 1)};
  return out;
}

} // namespace hansom::bench
