#include "bench/simulate/played_driver.hpp"

#include "actors/cell/cell_cover.hpp"
#include "bench/simulate/world.hpp"

#include <algorithm>

/// How drivers behave: they stand where their last ride ended, take or decline
/// what is offered, and drive straight lines at the speed of the hour.
namespace hansom::simulate {

namespace {

constexpr milliseconds refresh{15'000};

std::size_t hour_of(timestamp x) {
  return static_cast<std::size_t>(x.ms / 3'600'000 % 24);
}

} // namespace

void world::catch_up(played_driver& x) {
  if (now_ <= x.moved_until)
    return;
  auto passed = static_cast<double>((now_ - x.moved_until).count()) / 1000;
  x.moved_until = now_;
  if (!x.car.there())
    x.car.advance(passed);
}

/// What the gateway does with a position: filter, batch, tell who must know.
void world::report(std::uint32_t driver) {
  auto& me = drivers_[driver];
  at(now_ + seconds(options_.report_every_s * me.chance.between(0.9, 1.1)),
     due::what::report, driver);
  catch_up(me);
  position_report x;
  x.at = me.car.at();
  x.time = now_;
  x.accuracy_m = 5;
  if (accept(me.filter, x, now_, config_.positions)
      != position_verdict::accepted)
    return;
  auto cell = cell_of(x.at, config_.cell_level);
  pack(batches_[cell], {me.id, x.at, x.time, 0});
  if (cell != me.cell || now_ - me.told_at >= refresh) {
    me.cell = cell;
    me.told_at = now_;
    node_->send(me.id, driver_moved{cell, x.at, x.time});
  }
  if (me.follow)
    node_->send(me.follow, trip_position{me.id, x.at, 0, x.time, false});
}

void world::drive(std::uint32_t driver, geo_point to) {
  auto& me = drivers_[driver];
  catch_up(me);
  auto metres = distance_m(me.car.at(), to);
  auto cruise =
    config_.eta.speed_cm_s[hour_of(now_)] / 100.0 * me.chance.between(0.8, 1.2);
  // The line is shorter than the road by the detour.
  auto speed = cruise * 1000 / config_.eta.detour_milli;
  me.car.drive({{to, speed}});
  me.next_at = now_ + seconds(metres / speed + 0.001);
  at(me.next_at, due::what::act, driver);
}

void world::read_driver(std::uint32_t driver, const fleet::server_frame& x) {
  using fleet::frame_kind;
  auto& me = drivers_[driver];
  switch (x.kind) {
  case frame_kind::offer:
    ++sum_.offers;
    me.offered = x.offer->trip;
    at(now_ + seconds(me.chance.between(1, 5)), due::what::answer, driver);
    return;
  case frame_kind::offer_withdrawn:
    if (me.offered == x.withdrawn->trip)
      me.offered.reset();
    return;
  case frame_kind::trip:
    return driver_sees(driver, *x.view);
  default:
    return;
  }
}

void world::answer_offer(std::uint32_t driver) {
  auto& me = drivers_[driver];
  if (!me.offered)
    return;
  auto who = from(me.id, driver + 1);
  auto trip = *std::exchange(me.offered, std::nullopt);
  if (me.chance.happens(options_.accept))
    node_->send(me.id, who, offer_accept{trip});
  else
    node_->send(me.id, who, offer_decline{trip, {}});
}

void world::driver_sees(std::uint32_t driver, const trip_view& x) {
  using intent = played_driver::intent;
  auto& me = drivers_[driver];
  if (x.trip == me.trip && x.rev <= me.rev)
    return;
  auto mine = x.driver == me.id && has_driver(x.phase);
  if (!mine) { // Completed, cancelled, or given to somebody else.
    if (x.trip == me.trip) {
      me.trip = {};
      me.next = intent::none;
      catch_up(me);
      me.car.stop();
    }
    return;
  }
  if (x.queued || (me.trip && x.trip != me.trip))
    return; // Its turn comes with a frame of its own.
  auto is_new = me.trip != x.trip;
  me.trip = x.trip;
  me.rev = x.rev;
  me.dropoff = x.dropoff;
  if (x.phase == trip_phase::assigned && (is_new || me.next == intent::none)) {
    me.next = intent::arrive;
    catch_up(me);
    empty_m_ +=
      distance_m(me.car.at(), x.pickup) * config_.eta.detour_milli / 1000;
    drive(driver, x.pickup);
  } else if (x.phase == trip_phase::arrived) {
    me.next = intent::board;
    me.next_at = now_ + seconds(me.chance.between(15, 45));
    at(me.next_at, due::what::act, driver);
  } else if (x.phase == trip_phase::on_trip) {
    me.next = intent::complete;
    drive(driver, x.dropoff);
  }
}

/// He has got to where he was going, or his rider has got in.
void world::act(std::uint32_t driver) {
  using intent = played_driver::intent;
  auto& me = drivers_[driver];
  catch_up(me);
  if (!me.trip || me.next == intent::none || now_ < me.next_at)
    return;              // Plans have changed since.
  if (!me.car.there()) { // Rounded: the last metre is still ahead.
    at(now_ + step, due::what::act, driver);
    return;
  }
  auto who = from(me.id, driver + 1);
  switch (std::exchange(me.next, intent::none)) {
  case intent::arrive:
    node_->send(me.trip, who, trip_arrived{me.trip, me.car.at()});
    return;
  case intent::board:
    node_->send(me.trip, who, trip_start{me.trip});
    return;
  case intent::complete:
    node_->send(me.trip, who, trip_complete{me.trip});
    return;
  case intent::none:
    return;
  }
}

} // namespace hansom::simulate
