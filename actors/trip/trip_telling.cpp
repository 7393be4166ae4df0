/// What a trip sees of its driver, and what it tells whom.

#include "actors/cell/cell_cover.hpp"
#include "actors/trip/trip_state.hpp"

namespace hansom {

namespace {

constexpr milliseconds near_every{1000};
/// A new estimate of the drop-off is news when it differs by so much.
constexpr milliseconds free_news{30'000};

} // namespace

// -- positions ----------------------------------------------------------------

void trip_state::seen(const trip_position& x) {
  if (!has_driver(record_.phase) || x.driver != record_.driver)
    return;
  watch_.see(x, record_, rt_->eta(), rt_->now(), rt_->config());
  if (x.track_only)
    return;
  arm_driver();
  tell_near(x);
}

void trip_state::tell_near(const trip_position& x) {
  auto now = rt_->now();
  if (now - near_told_at_ < near_every)
    return;
  near_told_at_ = now;
  auto left = seconds_to_go(x.at);
  rt_->send(record_.rider,
            driver_near{{record_.trip, x.at, x.heading_deg, left, x.time}});
  auto free_at = now + std::chrono::seconds{left};
  auto& config = rt_->config();
  if (record_.phase != trip_phase::on_trip
      || config.policy != match_policy::batch_forward
      || free_at - now > config.forward_within
      || (free_told_ && free_at - free_told_ < free_news
          && free_told_ - free_at < free_news))
    return;
  free_told_ = free_at;
  rt_->send(record_.driver,
            nearly_free{record_.trip, record_.dropoff, free_at});
}

std::uint32_t trip_state::seconds_to_go(geo_point from) const {
  if (record_.phase == trip_phase::arrived)
    return 0;
  auto to =
    record_.phase == trip_phase::on_trip ? record_.dropoff : record_.pickup;
  return rt_->eta().seconds(from, to, rt_->now());
}

// -- telling ------------------------------------------------------------------

void trip_state::tell(const tell_again& x) {
  gate.mail([this, x] {
    if (record_.rev == 0)
      return;
    if (x.who == entity_ref{record_.rider})
      return tell_rider();
    if (x.who.kind != entity_kind::driver)
      return;
    driver_id who{x.who.id};
    if (has_driver(record_.phase) && record_.driver == who)
      tell_driver(who, driver_part::yours);
    else if (!offer_ || offer_->driver != who)
      tell_driver(who, driver_part::over);
  });
}

void trip_state::tell_rider() {
  trip_for_rider x;
  x.view = view();
  if (record_.phase == trip_phase::completed)
    x.receipt = receipt_of(record_);
  rt_->send(record_.rider, std::move(x));
}

void trip_state::tell_driver(driver_id to, driver_part part) {
  trip_for_driver x;
  x.part = part;
  x.view = view();
  if (record_.phase == trip_phase::completed && part == driver_part::over)
    x.receipt = receipt_of(record_);
  rt_->send(to, std::move(x));
}

/// Clients see what is durable; an offer is not.
trip_view trip_state::view() const {
  auto x = view_of(record_);
  if (x.phase == trip_phase::offered)
    x.phase = trip_phase::matching;
  return x;
}

cell_id trip_state::cell() const {
  return cell_of(record_.pickup, rt_->config().cell_level);
}

void trip_state::want() {
  rt_->send_urgent(cell(),
                   want_driver{record_.trip, record_.rider, record_.pickup,
                               record_.dropoff, record_.service, record_.fare,
                               record_.requested_at, record_.rev,
                               record_.closed_offers, trace_.search()});
}

/// The cell may know this search, and be out with it on an offer that is void.
void trip_state::want_anew() {
  rt_->send_urgent(cell(), unwant_driver{record_.trip, false});
  want();
}

/// The search is over: with a driver, or without.
void trip_state::unwant() {
  rt_->send_urgent(cell(), unwant_driver{record_.trip, true});
}

} // namespace hansom
