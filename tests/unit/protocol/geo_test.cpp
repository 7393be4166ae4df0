#include "protocol/geo.hpp"
#include "protocol/money.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

using namespace hansom;

namespace {

geo_point any_point() {
  return {*rc::gen::inRange(-900'000'000, 900'000'001),
          *rc::gen::inRange(-1'800'000'000, 1'800'000'001)};
}

} // namespace

TEST_CASE("distances agree with the sphere's geometry") {
  constexpr double radius = 6'371'008.8;
  constexpr double pi = 3.14159265358979323846;
  auto origin = from_degrees(0, 0);
  // A degree along a great circle, a quarter, the other side of the earth.
  CHECK(distance_m(origin, from_degrees(1, 0))
        == doctest::Approx(radius * pi / 180).epsilon(1e-9));
  CHECK(distance_m(origin, from_degrees(0, 90))
        == doctest::Approx(radius * pi / 2).epsilon(1e-9));
  CHECK(distance_m(origin, from_degrees(0, 180))
        == doctest::Approx(radius * pi).epsilon(1e-9));
  // A degree of longitude at 60 degrees is half as long (a little less along
  // the great circle).
  CHECK(distance_m(from_degrees(60, 0), from_degrees(60, 1))
        == doctest::Approx(radius * pi / 360).epsilon(1e-4));
  // Times Square to Union Square by the law of cosines: 2,503 m.
  CHECK(
    distance_m(from_degrees(40.7580, -73.9855), from_degrees(40.7359, -73.9911))
    == doctest::Approx(2502.3).epsilon(1e-3));
}

TEST_CASE("a distance is symmetric, zero only to itself, never NaN") {
  CHECK(rc::check([] {
    auto a = any_point();
    auto b = any_point();
    auto d = distance_m(a, b);
    RC_ASSERT(d >= 0 && d <= 20'015'200);
    RC_ASSERT(std::abs(d - distance_m(b, a)) < 1e-3);
    RC_ASSERT(distance_m(a, a) == 0);
  }));
}

TEST_CASE("moving towards a place ends there and never beyond") {
  auto from = from_degrees(40.7580, -73.9855);
  auto to = from_degrees(40.7359, -73.9911);
  CHECK(towards(from, to, 0) == from);
  CHECK(towards(from, to, -5) == from);
  CHECK(towards(from, to, 1e9) == to);
  CHECK(towards(from, from, 10) == from);
  auto half = towards(from, to, distance_m(from, to) / 2);
  CHECK(distance_m(from, half)
        == doctest::Approx(distance_m(half, to)).epsilon(1e-3));
}

TEST_CASE("the way round the date line is the short one") {
  auto east = from_degrees(0, 179.9);
  auto west = from_degrees(0, -179.9);
  CHECK(distance_m(east, west) == doctest::Approx(22'239).epsilon(1e-3));
  auto step = towards(east, west, 15'000);
  CHECK(is_valid(step));
  CHECK(step.lon_e7 < 0);
  auto back = towards(west, east, 15'000);
  CHECK(is_valid(back));
  CHECK(back.lon_e7 > 0);
  CHECK(distance_m(west, back) == doctest::Approx(15'000).epsilon(1e-3));
}

TEST_CASE("degrees become the nearest unit, and nonsense stays invalid") {
  CHECK(from_degrees(40.73131, -73.988526)
        == geo_point{407'313'100, -739'885'260});
  CHECK(from_degrees(0.00000005, -0.00000004) == geo_point{1, 0});
  for (double bad : {181.0, -1e300, std::numeric_limits<double>::infinity(),
                     std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_FALSE(is_valid(from_degrees(bad, 0)));
    CHECK_FALSE(is_valid(from_degrees(0, bad)));
  }
  CHECK_FALSE(is_valid(from_degrees(90.1, 0)));
}

TEST_CASE("a currency is three capital letters") {
  currency out;
  CHECK(to_string(out) == "USD");
  REQUIRE(parse_currency("EUR", out));
  CHECK(to_string(out) == "EUR");
  for (auto bad : {"", "EU", "EURO", "eur", "E1R", "E R"})
    CHECK_FALSE(parse_currency(bad, out));
  CHECK(to_string(out) == "EUR");
}
