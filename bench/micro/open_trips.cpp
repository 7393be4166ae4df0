#include "bench/micro/open_trips.hpp"

#include "actors/driver/driver_record.hpp"
#include "bench/micro/timing.hpp"
#include "bench/micro/trip_writes.hpp"

#include <stdexcept>

namespace hansom::bench {

namespace {

constexpr std::uint64_t batch = 1'000;

void commit(store::connection& to, std::vector<store::write> writes) {
  for (auto& x : to.commit(writes))
    if (x.what != store::outcome::committed)
      throw std::runtime_error{"a planned write was not committed: "
                               + to_string(x.what)};
}

/// A driver begins his shift.
store::write shift(driver_id driver, store::epoch epoch, timestamp at) {
  driver_record x;
  x.driver = driver;
  shift_started event;
  event.at = at;
  if (!apply(x, event))
    throw std::logic_error{"a fresh driver cannot begin a shift"};
  store::write out;
  out.entity = driver;
  out.shard = shard_of(out.entity);
  out.claimed_epoch = epoch;
  out.first_seq = 1;
  out.at = at;
  out.events = {{std::string{event_name(event)}, encode_event(event)}};
  out.state = encode(x);
  return out;
}

} // namespace

void fill_with_open_trips(store::factory& into, std::uint64_t trips) {
  auto db = into.open();
  db->migrate();
  const auto now = wall_now();
  const auto self = db->start_incarnation("bench", now);
  const auto epochs = db->claim_shards(self, now);
  const trip_writes rides{self, epochs, now};
  for (std::uint64_t from = 1; from <= trips; from += batch) {
    std::vector<store::write> shifts, requests, assignments;
    for (auto i = from; i < from + batch && i <= trips; ++i) {
      requests.push_back(rides.make(i, 0));
      assignments.push_back(rides.make(i, 1));
      const driver_id driver{1 + i};
      shifts.push_back(
        shift(driver, epochs.at(shard_of(entity_ref{driver})).now, now));
    }
    commit(*db, std::move(shifts));
    commit(*db, std::move(requests));
    commit(*db, std::move(assignments));
  }
}

void fill_with_drivers(store::factory& into, std::uint64_t drivers) {
  auto db = into.open();
  db->migrate();
  const auto now = wall_now();
  const auto self = db->start_incarnation("bench", now);
  const auto epochs = db->claim_shards(self, now);
  for (std::uint64_t from = 1; from <= drivers; from += batch) {
    std::vector<store::write> shifts;
    for (auto i = from; i < from + batch && i <= drivers; ++i)
      shifts.push_back(
        shift(driver_id{i}, epochs.at(shard_of(driver_id{i})).now, now));
    commit(*db, std::move(shifts));
  }
}

} // namespace hansom::bench
