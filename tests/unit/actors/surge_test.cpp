#include "actors/cell/surge.hpp"
#include "tests/unit/actors/property.hpp"

using namespace hansom;

namespace {

constexpr timestamp start{1'700'000'000'000};

surge_state some_state(const surge_config& config) {
  surge_state x;
  x.demand_milli = *between<std::uint32_t>(0, 200'000);
  x.supply_milli = *between<std::uint32_t>(0, 200'000);
  x.price_milli = *between(config.floor_milli, config.cap_milli);
  x.updated_at = start;
  return x;
}

} // namespace

TEST_CASE("the price keeps between floor and cap, in bounded steps") {
  holds("bounded", [] {
    surge_config config;
    config.step_milli = *between<std::uint32_t>(1, 500);
    config.floor_milli = *between<std::uint32_t>(700, 1400);
    config.cap_milli = *between<std::uint32_t>(1500, 3500);
    auto state = some_state(config);
    auto before = state.price_milli;
    std::vector<std::uint32_t> around(*between<std::size_t>(0, 8));
    for (auto& x : around)
      x = *between<std::uint32_t>(0, 200'000);
    auto change =
      update_surge(state, *between<std::uint32_t>(0, 2'000'000),
                   *between<std::uint32_t>(0, 1000), around,
                   start + milliseconds{*between(0, 10'000'000)}, config);
    RC_ASSERT((state.price_milli >= config.floor_milli
               && state.price_milli <= config.cap_milli));
    auto step = state.price_milli > before ? state.price_milli - before
                                           : before - state.price_milli;
    RC_ASSERT(step <= config.step_milli);
    RC_ASSERT(change.has_value() == (state.price_milli != before));
    if (change)
      RC_ASSERT((change->from_milli == before
                 && change->to_milli == state.price_milli
                 && change->ratio_milli == state.ratio_milli));
  });
}

TEST_CASE("more demand is never cheaper, more drivers never dearer") {
  holds("monotone", [] {
    surge_config config;
    const auto state = some_state(config);
    auto demand = *between<std::uint32_t>(0, 300);
    auto supply = *between<std::uint32_t>(0, 300);
    auto around = *rc::gen::container<std::vector<std::uint32_t>>(
      3, between<std::uint32_t>(0, 5000));
    auto at = start + milliseconds{*between(0, 300'000)};
    const auto price = [&](std::uint32_t d, std::uint32_t s,
                           const std::vector<std::uint32_t>& n) {
      auto x = state;
      update_surge(x, d, s, n, at, config);
      return x.price_milli;
    };
    auto here = price(demand, supply, around);
    RC_ASSERT(price(demand + *between(0, 50), supply, around) >= here);
    RC_ASSERT(price(demand, supply + *between(0, 50), around) <= here);
    auto more = around;
    more[0] += 500;
    RC_ASSERT(price(demand, supply, more) >= here);
  });
}

TEST_CASE("the table is monotone and meets its knots") {
  surge_config config;
  std::uint32_t last = 0;
  for (std::uint32_t ratio = 0; ratio < 7000; ratio += 10) {
    auto price = table_price(ratio, config);
    CHECK(price >= last);
    last = price;
  }
  for (auto knot : config.table)
    CHECK(table_price(knot.ratio_milli, config) == knot.price_milli);
}

TEST_CASE("smoothing forgets half in a half-life") {
  surge_config config;
  surge_state state;
  update_surge(state, 100, 0, {}, start, config);
  CHECK(state.demand_milli == 100'000);
  update_surge(state, 0, 0, {}, start + config.half_life, config);
  CHECK(state.demand_milli == 50'000);
}

TEST_CASE("neighbours pull by their weight") {
  surge_config config;
  surge_state state;
  update_surge(state, 10, 10, {3000, 5000}, start, config);
  CHECK(state.own_ratio_milli == 1000);
  CHECK(state.ratio_milli == 1900); // 0.7 x 1000 + 0.3 x 4000
}

TEST_CASE("a rush raises the price step by step and calm lowers it") {
  surge_config config;
  surge_state state;
  auto now = start;
  std::vector<std::uint32_t> prices;
  for (int i = 0; i < 6; ++i) {
    update_surge(state, 40, 10, {}, now, config);
    prices.push_back(state.price_milli);
    now = now + config.update_every;
  }
  CHECK(prices
        == std::vector<std::uint32_t>{1200, 1400, 1600, 1800, 2000, 2200});
  for (int i = 0; i < 30; ++i) {
    update_surge(state, 0, 10, {}, now, config);
    now = now + config.update_every;
  }
  CHECK(state.price_milli == 1000);
}

TEST_CASE("a window counts what is in it and nothing older") {
  holds("sliding count", [] {
    sliding_count count{milliseconds{16'000}};
    std::vector<std::int64_t> times;
    auto at = start;
    for (int i = *between(0, 60); i > 0; --i) {
      at = at + milliseconds{*between(0, 3000)};
      count.add(at);
      times.push_back(at.ms);
    }
    at = at + milliseconds{*between(0, 20'000)};
    // Slots are a second long: an event counts for 15 to 16 seconds.
    std::size_t sure = 0;
    std::size_t possible = 0;
    for (auto t : times) {
      sure += at.ms - t <= 15'000;
      possible += at.ms - t < 16'000;
    }
    RC_ASSERT(count.count(at) >= sure);
    RC_ASSERT(count.count(at) <= possible);
  });
}

TEST_CASE("a wrong surge table is named") {
  surge_config config;
  CHECK(check(config).empty());
  config.table[2].price_milli = 900;
  CHECK(check(config).find("row 3") != std::string::npos);
}
