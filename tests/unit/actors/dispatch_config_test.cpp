#include "actors/dispatch_config.hpp"

#include <doctest/doctest.h>

using namespace hansom;

TEST_CASE("the defaults are usable and a bad setting is named") {
  dispatch_config x;
  CHECK(check(x).empty());
  x.cell_level = 17;
  CHECK(check(x) == "cell_level: 10 to 16, found 17");
  x = {};
  x.window.scarce_at_milli = 4000;
  CHECK(check(x).find("match_window") == 0);
  x = {};
  x.match_timeout = milliseconds{10'000};
  CHECK(check(x).find("match_timeout") == 0);
  x = {};
  x.fares.minimum = -1;
  CHECK(check(x).find("fares.minimum") == 0);
  x = {};
  x.surge.cap_milli = 500;
  CHECK(check(x).find("surge.floor") == 0);
}
