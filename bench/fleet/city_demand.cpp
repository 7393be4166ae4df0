#include "bench/fleet/demand.hpp"
#include "bench/fleet/random.hpp"

#include <algorithm>
#include <cmath>

namespace hansom::fleet {

namespace {

constexpr double metres_per_degree = 111'195.0;
constexpr double most_per_hour = 1e6;

geo_point offset(geo_point from, double north_m, double east_m) {
  const double lat = from.lat_e7 * 1e-7;
  const double lon = from.lon_e7 * 1e-7;
  const double shrink = std::cos(lat * 0.017453292519943295);
  return from_degrees(lat + north_m / metres_per_degree,
                      lon + east_m / (metres_per_degree * shrink));
}

geo_point anywhere(const city_options& city, random_stream& random) {
  const double angle = random.between(0, 6.283185307179586);
  const double away = city.radius_m * std::sqrt(random.unit());
  return offset(city.centre, away * std::sin(angle), away * std::cos(angle));
}

void demand_range(const char* name, double x, double low, double high) {
  if (x >= low && x <= high)
    return;
  throw demand_error{std::string{"city demand: "} + name + " is "
                     + std::to_string(x) + ", must be from "
                     + std::to_string(low) + " to " + std::to_string(high)};
}

void check(const city_options& city, hour_range hours) {
  demand_range("radius_m", city.radius_m, 100, 200'000);
  demand_range("requests_per_hour", city.requests_per_hour, 0, most_per_hour);
  demand_range("hot_share", city.hot_share, 0, 1);
  demand_range("shortest_m", city.shortest_m, 0, city.radius_m);
  demand_range("hours.from", hours.from, 0, 24);
  demand_range("hours.to", hours.to, hours.from, 24);
  double sum = 0;
  for (double weight : city.hours) {
    demand_range("an hour's weight", weight, 0, 1e9);
    sum += weight;
  }
  if (sum <= 0)
    throw demand_error{"city demand: all hours have weight 0"};
  for (const auto& spot : city.hot_spots) {
    demand_range("a hot spot's weight", spot.weight, 0, 1e9);
    demand_range("a hot spot's radius_m", spot.radius_m, 0, 200'000);
  }
  if (!is_valid(city.centre) || std::abs(city.centre.lat_e7) > 850'000'000)
    throw demand_error{"city demand: the centre must be a place on earth "
                       "between 85 degrees south and north"};
}

/// A city with its hot spots placed.
city_options furnished(city_options city, std::uint64_t seed) {
  if (!city.hot_spots.empty())
    return city;
  random_stream random{seed, 0xc17ULL};
  for (int i = 0; i < 8; ++i)
    city.hot_spots.push_back({anywhere(city, random),
                              random.between(0.04, 0.14) * city.radius_m,
                              random.between(0.5, 2.0)});
  return city;
}

geo_point place(const city_options& city, random_stream& random) {
  double total = 0;
  for (const auto& spot : city.hot_spots)
    total += spot.weight;
  if (total <= 0 || !random.happens(city.hot_share))
    return anywhere(city, random);
  double pick = random.unit() * total;
  const hot_spot* chosen = &city.hot_spots.front();
  for (const auto& spot : city.hot_spots) {
    chosen = &spot;
    pick -= spot.weight;
    if (pick < 0)
      break;
  }
  const auto where = offset(chosen->centre, random.normal() * chosen->radius_m,
                            random.normal() * chosen->radius_m);
  return distance_m(where, city.centre) <= city.radius_m
           ? where
           : anywhere(city, random);
}

ride_wish wish(const city_options& city, double at_s, random_stream& random) {
  ride_wish out{at_s, place(city, random), {}};
  // Bounded: a city can be too small for its shortest ride.
  for (int i = 0; i < 32; ++i) {
    out.dropoff = place(city, random);
    if (distance_m(out.pickup, out.dropoff) >= city.shortest_m)
      break;
  }
  return out;
}

} // namespace

std::vector<ride_wish> make_city_demand(const city_options& plain,
                                        hour_range hours, std::uint64_t seed) {
  check(plain, hours);
  const auto city = furnished(plain, seed);
  double sum = 0;
  for (double weight : city.hours)
    sum += weight;
  std::vector<ride_wish> out;
  for (int hour = 0; hour < 24; ++hour) {
    // Each hour has its own stream, so that a part of a day is the same as
    // that part of the whole.
    random_stream random{seed, static_cast<std::uint64_t>(hour)};
    const auto weight = city.hours[static_cast<std::size_t>(hour)];
    const double per_s = city.requests_per_hour * 24 * weight / sum / 3600;
    if (per_s <= 0)
      continue;
    const double end = (hour + 1) * 3600.0;
    for (double t = hour * 3600.0 + random.exponential(1 / per_s); t < end;
         t += random.exponential(1 / per_s)) {
      auto next = wish(city, t, random);
      if (t >= hours.from * 3600 && t < hours.to * 3600)
        out.push_back(next);
    }
  }
  return out;
}

geo_point random_place(const city_options& city, std::uint64_t seed,
                       std::uint64_t number) {
  random_stream random{seed ^ 0x91aceULL, number};
  return place(furnished(city, seed), random);
}

} // namespace hansom::fleet
