#include "actors/driver/position_filter.hpp"
#include "tests/unit/actors/property.hpp"

using namespace hansom;

namespace {

using verdict = position_verdict;

constexpr timestamp now{1'700'000'000'000};
const auto home = from_degrees(40.7, -74.0);

position_report report(std::int64_t age_ms, geo_point at = home) {
  position_report x;
  x.at = at;
  x.time = now - milliseconds{age_ms};
  return x;
}

} // namespace

TEST_CASE("kept positions never go back in time nor faster than a car") {
  holds("filter", [] {
    position_filter_config config;
    position_filter_state state;
    auto clock = now;
    for (int i = 0; i < 50; ++i) {
      clock = clock + milliseconds{*between(0, 5000)};
      position_report x;
      x.at = {home.lat_e7 + *between(-100'000, 100'000),
              home.lon_e7 + *between(-100'000, 100'000)};
      x.time = clock + milliseconds{*between(-40'000, 10'000)};
      x.accuracy_m = *between<std::uint16_t>(0, 150);
      auto before = state;
      auto v = accept(state, x, clock, config);
      if (!is_kept(v)) {
        RC_ASSERT((state.time == before.time && state.at == before.at));
        continue;
      }
      RC_ASSERT((state.time == x.time && state.at == x.at));
      RC_ASSERT(x.time <= clock + config.future_max);
      RC_ASSERT(x.accuracy_m <= config.accuracy_max_m);
      if (before.time) {
        RC_ASSERT(before.time < x.time);
        auto s = std::max((x.time - before.time).count() / 1000.0, 1.0);
        RC_ASSERT(distance_m(before.at, x.at) <= config.speed_max_m_s * s);
      }
      RC_ASSERT((v == verdict::late) == (clock - x.time > config.late_after));
    }
  });
}

TEST_CASE("each reason to drop a position") {
  position_filter_config config;
  position_filter_state state;
  CHECK(accept(state, report(-5001), now, config) == verdict::future);
  CHECK(accept(state, report(-5000), now, config) == verdict::accepted);
  state = {};
  CHECK(accept(state, report(2000), now, config) == verdict::accepted);
  CHECK(accept(state, report(2000), now, config) == verdict::duplicate);
  CHECK(accept(state, report(3000), now, config) == verdict::older);
  auto blurred = report(1000);
  blurred.accuracy_m = 101;
  CHECK(accept(state, blurred, now, config) == verdict::inaccurate);
  // 0.001 degrees of latitude are 111 m: too far for a second, not for two.
  auto away = from_degrees(40.701, -74.0);
  CHECK(accept(state, report(1000, away), now, config) == verdict::jump);
  CHECK(accept(state, report(0, away), now, config) == verdict::accepted);
  CHECK(accept(state, report(0, {2'000'000'000, 0}), now, config)
        == verdict::out_of_range);
  CHECK(accept(state, {}, now, config) == verdict::out_of_range);
}

TEST_CASE("points buffered while offline are for the track only") {
  position_filter_config config;
  position_filter_state state;
  CHECK(accept(state, report(60'000), now, config) == verdict::late);
  CHECK(accept(state, report(30'001), now, config) == verdict::late);
  CHECK(accept(state, report(30'000), now, config) == verdict::accepted);
  CHECK(to_string(verdict::out_of_range) == "out_of_range");
}

TEST_CASE("somebody who was taken for a jump comes back with time") {
  position_filter_config config;
  position_filter_state state;
  auto far = from_degrees(40.75, -74.0); // 5560 m: 80 s at 70 m/s.
  CHECK(accept(state, report(100'000), now, config) == verdict::late);
  CHECK(accept(state, report(60'000, far), now, config) == verdict::jump);
  CHECK(accept(state, report(0, far), now, config) == verdict::accepted);
}
