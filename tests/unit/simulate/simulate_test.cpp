#include "bench/simulate/simulate.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace hansom;
using namespace hansom::simulate;

namespace {

/// A quarter of an hour in a small town.
simulate_options small_town(std::uint64_t seed) {
  simulate_options x;
  x.city.radius_m = 2000;
  x.city.requests_per_hour = 200;
  x.hours = {8, 8.25};
  x.drivers = 30;
  x.seed = seed;
  x.json = true;
  return x;
}

std::string output(const simulate_options& x) {
  std::ostringstream out;
  REQUIRE(run_simulation(x, out) == 0);
  return out.str();
}

} // namespace

TEST_CASE("a simulated city is the same for the same seed, and only then") {
  auto first = output(small_town(1));
  CHECK(output(small_town(1)) == first);
  CHECK(output(small_town(2)) != first);
}

TEST_CASE("in a town with enough drivers every rider is served") {
  auto x = simulate::simulate(small_town(3));
  CHECK(x.requests > 20);
  CHECK(x.served == x.requests);
  CHECK(x.errors == 0);
  CHECK(x.unfinished == 0);
  CHECK(x.wait_mean_s > 0);
  CHECK(x.wait_p95_s >= x.wait_p50_s);
  CHECK(x.offers >= x.served);
}

TEST_CASE("without drivers every search ends after its time") {
  auto town = small_town(4);
  town.drivers = 0;
  auto x = simulate::simulate(town);
  CHECK(x.expired == x.requests);
  CHECK(x.served == 0);
}

TEST_CASE("a comparison runs all policies over the same demand") {
  auto town = small_town(5);
  town.compare = true;
  town.json = false;
  auto text = output(town);
  for (auto name : {"first-come-nearest", "closest-pair", "batch",
                    "batch+forward", "against first-come-nearest"})
    CHECK(text.find(name) != std::string::npos);
}

TEST_CASE("demand that cannot be read is an error, not an empty city") {
  simulate_options x;
  x.demand.path = "no/such/trips.csv";
  std::ostringstream out;
  CHECK(run_simulation(x, out) == 2);
  CHECK(out.str().find("no/such/trips.csv") != std::string::npos);
}
