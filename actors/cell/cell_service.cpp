#include "actors/cell/cell_state.hpp"
#include "protocol/json/writer.hpp"

/// What a cell tells: quotes, its price, cars nearby, the console's questions.
namespace hansom {

namespace {

/// @returns the middle of a square of about 100 m that the point is in:
///          precise enough for a map, too coarse to follow anybody.
geo_point coarsened(geo_point x) {
  constexpr std::int32_t step = 10'000; // 1e-3 degrees.
  auto middle = [](std::int32_t e7) {
    auto down = e7 >= 0 ? e7 / step : -((-e7 + step - 1) / step);
    return down * step + step / 2;
  };
  geo_point result{middle(x.lat_e7), middle(x.lon_e7)};
  return is_valid(result) ? result : x;
}

} // namespace

void cell_state::quote(const client_ref& from, const quote_ask& x) {
  if (from.client.kind != entity_kind::rider)
    return node_.refuse(from, error_code::forbidden,
                        "Only riders ask for quotes.");
  quote_terms terms;
  terms.quote = node_.new_quote_id();
  terms.rider = rider_id{from.client.id};
  terms.pickup = x.pickup;
  terms.dropoff = x.dropoff;
  terms.service = x.service ? *x.service : service_class::standard;
  terms.surge_milli = surge_.price_milli();
  terms.distance_m = node_.eta().distance(x.pickup, x.dropoff);
  terms.duration_s = node_.eta().seconds(x.pickup, x.dropoff, now());
  terms.fare = fare(config().fares, terms.distance_m, terms.duration_s,
                    terms.surge_milli, terms.service);
  terms.expires_at = now() + config().quote_ttl;
  quote_view view{node_.quotes().sign(terms), terms.fare,
                  terms.surge_milli,          terms.distance_m,
                  terms.duration_s,           terms.expires_at};
  node_.reply(from, json::frame("quote", view));
}

void cell_state::tell_price() {
  if (!surge_.take_news())
    return;
  surge_news news{cell_, surge_.price_milli(), now()};
  drivers_.for_each([&](driver_id driver) { node_.send(driver, news); });
}

void cell_state::nearby(const client_ref& from, const nearby_ask& x) {
  std::vector<near_driver> near;
  auto oldest = now() - config().gates.position_max_age;
  drivers_.free().nearest(
    x.at, nearby_max, config().gates.max_pickup_radius_m,
    [&](const near_driver& d) {
      return d.time >= oldest && !requests_.is_proposed(d.driver);
    },
    near);
  nearby_view view;
  for (auto& d : near) {
    auto at = coarsened(d.at);
    view.drivers.push_back({at, node_.eta().seconds(at, x.at, now())});
  }
  node_.reply(from, json::frame("nearby", view));
}

void cell_state::report(probe& p) const {
  enum : std::uint8_t { quiet = 1, waiting, matching }; // As in kinds.cpp.
  p.show(round_ ? matching : requests_.open_count() != 0 ? waiting : quiet, {});
}

std::string cell_state::describe() const {
  cell_report x;
  x.cell = cell_;
  x.at = now();
  x.drivers = drivers_.size();
  x.free = drivers_.free().size();
  x.soon_free = drivers_.soon_free().size();
  x.waiting = requests_.open_count();
  x.proposed = requests_.size() - requests_.open_count();
  x.explained = explained_.size();
  x.in_round = round_.has_value();
  x.surge_milli = surge_.price_milli();
  x.surge_rev = surge_.durable().rev;
  x.surge_pending = surge_.in_flight();
  x.demand = surge_.demand(now());
  x.surge = surge_.state();
  x.figures = figures_;
  std::string out;
  json::append(out, x);
  return out;
}

cell_picture cell_state::picture(const map_ask& x) const {
  cell_picture out;
  out.cell = cell_;
  out.surge_milli = surge_.price_milli();
  out.waiting = static_cast<std::uint32_t>(requests_.open_count());
  out.proposed =
    static_cast<std::uint32_t>(requests_.size() - requests_.open_count());
  out.drivers.reserve(std::min<std::size_t>(drivers_.size(), x.drivers_max));
  drivers_.for_each_booked([&](driver_id driver, const booked_driver& d) {
    out.free += d.now == standing::free;
    out.soon_free += d.now == standing::soon_free;
    out.busy += d.now == standing::busy;
    if (out.drivers.size() < x.drivers_max)
      out.drivers.push_back({driver, d.at, d.now});
  });
  requests_.for_each([&](const waiting_request& r) {
    if (out.requests.size() < x.requests_max)
      out.requests.push_back(
        {r.want.trip, r.want.pickup, r.want.requested_at, r.proposed_to});
  });
  return out;
}

std::string cell_state::explain(trip_id trip) const {
  std::string out;
  if (auto* x = explained_.find(trip))
    json::append(out, *x);
  return out;
}

} // namespace hansom
