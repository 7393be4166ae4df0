/// What a trip's own parties, and operations, may ask of it.

#include "actors/trip/trip_state.hpp"

namespace hansom {

namespace {

driver_id driver_of(const client_ref& x) {
  return {x.client.kind == entity_kind::driver ? x.client.id : 0};
}

party party_of(const client_ref& x) {
  return x.client.kind == entity_kind::driver ? party{driver_id{x.client.id}}
                                              : party{rider_id{x.client.id}};
}

} // namespace

void trip_state::command(const client_ref& from, const trip_arrived& x) {
  run_command(from, [this, from, said = x.at] {
    auto now = rt_->now();
    auto sight = watch_.sight(now, rt_->config());
    sight.at = watch_.place(said, now, rt_->config());
    return arrive(record_, driver_of(from), sight, now, rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_start&) {
  run_command(
    from, [this, from] { return start(record_, driver_of(from), rt_->now()); });
}

void trip_state::command(const client_ref& from, const trip_complete&) {
  run_command(from, [this, from] {
    return complete(record_, driver_of(from), watch_.driven_m(), rt_->now());
  });
}

void trip_state::command(const client_ref& from, const trip_cancel& x) {
  run_command(from, [this, from, reason = x.reason] {
    auto now = rt_->now();
    return cancel(record_, party_of(from), reason ? *reason : std::string{},
                  watch_.sight(now, rt_->config()), now, rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_no_show&) {
  run_command(from, [this, from] {
    return no_show(record_, driver_of(from), rt_->now(), rt_->config());
  });
}

void trip_state::command(const client_ref& from, const trip_rate& x) {
  run_command(from, [this, from, x] {
    return rate(record_, party_of(from), x.stars, x.comment, rt_->now());
  });
}

void trip_state::command(const client_ref& from, const trip_end& x) {
  run_command(from, [this, x] { return end_trip(record_, x, rt_->now()); });
}

} // namespace hansom
