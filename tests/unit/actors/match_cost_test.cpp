#include "actors/cell/match_cost.hpp"
#include "actors/cell/match_window.hpp"
#include "tests/unit/actors/property.hpp"
#include "tests/unit/actors/sketch.hpp"

using namespace hansom;

namespace {

constexpr timestamp now{1'700'000'000'000};

geo_point near_manhattan() {
  return {407'000'000 + *between(0, 1'000'000),
          -740'000'000 + *between(0, 1'000'000)};
}

match_driver some_driver(const gate_config& gates) {
  match_driver x;
  x.driver = {*between<std::uint64_t>(1, 100)};
  x.at = near_manhattan();
  x.seen_at = now;
  x.idle_since = now - milliseconds{*between(0, 100'000'000)};
  x.classes = *between<class_mask>(1, 15);
  x.free_in_s = *between<std::uint32_t>(0, gates.forward_max_s);
  return x;
}

match_request some_request(std::int64_t waited_ms) {
  match_request x;
  x.trip = {1};
  x.pickup = near_manhattan();
  x.waiting_since = now - milliseconds{waited_ms};
  return x;
}

/// A driver and a request who fit, at the same place.
struct pair {
  match_request request;
  match_driver driver;
  gate_config gates;

  pair() {
    request.pickup = driver.at = from_degrees(40.7, -74.0);
    request.waiting_since = now;
    driver.driver = {7};
    driver.seen_at = now;
  }
  [[nodiscard]] gate check() const {
    return check_gates(request, driver, now, gates);
  }
};

} // namespace

TEST_CASE("a starved request costs less than any other, whatever the drivers") {
  holds("starvation bound", [] {
    straight_line_eta eta;
    match_cost_config config;
    gate_config gates;
    const auto bound = config.starvation_after.count();
    auto starved = some_request(bound + *between(0, 10'000'000));
    auto fresh = some_request(*between<std::int64_t>(0, bound - 1));
    auto a = price_of(starved, some_driver(gates), eta, now, config);
    auto b = price_of(fresh, some_driver(gates), eta, now, config);
    RC_ASSERT(a.cost < b.cost);
    RC_ASSERT(std::abs(a.cost) <= assignment_cost_max);
    RC_ASSERT(std::abs(b.cost) <= assignment_cost_max);
  });
}

TEST_CASE("with one driver for two, the starved request is served") {
  holds("starvation bound in a batch", [] {
    straight_line_eta eta;
    match_cost_config config;
    auto starved = some_request(config.starvation_after.count());
    auto fresh = some_request(0);
    auto driver = some_driver({});
    std::vector<candidate> xs{
      {0, 0, price_of(fresh, driver, eta, now, config).cost},
      {1, 0, price_of(starved, driver, eta, now, config).cost}};
    RC_ASSERT(assign(2, 1, xs) == std::vector<std::uint32_t>{1});
  });
}

TEST_CASE("the cost follows pickup time, wait, idle time and class") {
  sketch map{{"a....R.........b"}};
  straight_line_eta eta;
  match_cost_config config;
  match_request request;
  request.pickup = map.at('R');
  request.waiting_since = now;
  match_driver a;
  a.at = map.at('a');
  auto b = a;
  b.at = map.at('b');
  const auto cost = [&](const match_request& r, const match_driver& d) {
    return price_of(r, d, eta, now, config).cost;
  };
  CHECK(cost(request, a) < cost(request, b));
  auto waited = request;
  waited.waiting_since = now - milliseconds{30'000};
  CHECK(cost(waited, a) == cost(request, a) - 9'000);
  auto idle = a;
  idle.idle_since = now - milliseconds{600'000};
  CHECK(cost(request, idle) == cost(request, a) - 12'000);
  auto versatile = a;
  versatile.classes = 0b101;
  CHECK(cost(request, versatile) == cost(request, a) + 20'000);
  auto soon = a;
  soon.free_in_s = 100;
  CHECK(cost(request, soon) == cost(request, a) + 115'000);
  CHECK(price_of(request, soon, eta, now, config).eta_s
        == price_of(request, a, eta, now, config).eta_s + 100);
}

TEST_CASE("each gate removes its driver") {
  CHECK(pair{}.check() == gate::none);
  pair x;
  x.driver.free = false;
  CHECK(x.check() == gate::not_free);
  x = {};
  x.driver.free_in_s = x.gates.forward_max_s + 1;
  CHECK(x.check() == gate::not_free);
  x = {};
  x.driver.taken = true;
  CHECK(x.check() == gate::taken);
  x = {};
  x.request.service = service_class::xl;
  CHECK(x.check() == gate::wrong_class);
  x = {};
  x.driver.seen_at = now - x.gates.position_max_age - milliseconds{1};
  CHECK(x.check() == gate::stale_position);
  x = {};
  x.request.closed = {{3}, {7}};
  CHECK(x.check() == gate::declined_before);
  x = {};
  x.driver.at = from_degrees(40.75, -74.0);
  CHECK(x.check() == gate::too_far);
  CHECK(check_eta({0, x.gates.max_pickup_s + 1, 0}, x.gates) == gate::too_far);
  for (std::size_t i = 0; i < gate_count; ++i) {
    gate back{};
    CHECK(parse(to_string(static_cast<gate>(i)), back));
    CHECK(back == static_cast<gate>(i));
  }
}

TEST_CASE("estimates: detour, hour of day, no drive for no distance") {
  eta_config config;
  config.speed_cm_s.fill(1000);
  config.speed_cm_s[8] = 500;
  straight_line_eta eta{config};
  sketch map{{"a.........b"}}; // 1000 m
  constexpr std::int64_t hour_ms = 3'600'000;
  auto at_seven = eta.seconds(map.at('a'), map.at('b'), {7 * hour_ms});
  auto at_eight = eta.seconds(map.at('a'), map.at('b'), {8 * hour_ms});
  CHECK(at_seven == doctest::Approx(130).epsilon(0.01));
  CHECK(at_eight == doctest::Approx(260).epsilon(0.01));
  CHECK(eta.seconds(map.at('a'), map.at('a'), {1}) == 0);
  config.utc_offset_s = 3600;
  CHECK(
    straight_line_eta{config}.seconds(map.at('a'), map.at('b'), {7 * hour_ms})
    == at_eight);
}

TEST_CASE("the window grows with requests and shrinks with drivers") {
  holds("monotone and bounded", [] {
    match_window_config config;
    auto waiting = *between<std::size_t>(1, 500);
    auto free = *between<std::size_t>(0, 2000);
    auto window = match_window(waiting, free, config);
    RC_ASSERT((window.count() >= 0 && window <= config.longest));
    RC_ASSERT(match_window(waiting + 1, free, config) >= window);
    RC_ASSERT(match_window(waiting, free + 1, config) <= window);
  });
  match_window_config config;
  CHECK(match_window(1, 3, config).count() == 0);
  CHECK(match_window(1, 2, config).count() == 2500);
  CHECK(match_window(2, 1, config) == config.longest);
  CHECK(match_window(1, 0, config) == config.longest);
  CHECK(match_window(0, 0, config).count() == 0);
}
