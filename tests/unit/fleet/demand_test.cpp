// Goal: demand is the same for the same seed, and a bad table says where.

#include "bench/fleet/demand.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

using namespace hansom;
using namespace hansom::fleet;

namespace {

/// A file that is gone after the test.
struct temp_file {
  std::string path;
  explicit temp_file(std::string_view text, bool gzip = false)
    : path{std::filesystem::temp_directory_path()
           / ("hansom_demand_" + std::to_string(::getpid()))} {
    if (!gzip) {
      std::ofstream{path} << text;
      return;
    }
    auto file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }
  ~temp_file() {
    std::filesystem::remove(path);
  }
};

std::string why(std::string_view text, csv_options from = {}) {
  temp_file file{text};
  from.path = file.path;
  try {
    read_trips(from, {}, 1);
  } catch (const demand_error& e) {
    std::string what = e.what();
    return what.substr(file.path.size());
  }
  return "";
}

constexpr auto header = "trip_id,start_min,trip_min,medallion,pu_osm_node,"
                        "do_osm_node,pu_lat,pu_lon,do_lat,do_lon\n";
const std::string two = std::string{header}
                        + "3,65,7,9,1,2,40.721952,-73.996268,40.7,-73.9\n"
                          "0,5,6,8,1,2,40.73131,-73.988626,40.747,-73.98\n";

} // namespace

TEST_CASE("trips come sorted, spread inside their minute, plain or gzip") {
  for (bool gzip : {false, true}) {
    temp_file file{two, gzip};
    auto trips = read_trips({file.path, {}, {}}, {}, 7);
    REQUIRE(trips.size() == 2);
    CHECK(trips[0].at_s >= 300);
    CHECK(trips[0].at_s < 360);
    CHECK(trips[0].pickup == geo_point{407'313'100, -739'886'260});
    CHECK(trips[1].at_s >= 3900);
    auto again = read_trips({file.path, {}, {}}, {}, 7);
    CHECK(again[1].at_s == trips[1].at_s);
    auto other = read_trips({file.path, {}, {}}, {}, 8);
    CHECK(other[1].at_s != trips[1].at_s);
    CHECK(read_trips({file.path, {}, {}}, parse_hours("1"), 7).size() == 1);
  }
}

TEST_CASE("times may be written as dates, the day of the first is day one") {
  temp_file file{"when,a,b,c,d\n"
                 "2013-09-02T00:30:00-04:00,1,2,3,4\n"
                 "2013-09-01 20:15:30,1,2,3,4\n"};
  csv_options from{file.path,
                   parse_columns("time=when,pickup_lat=a,pickup_lon=b,"
                                 "dropoff_lat=c,dropoff_lon=d"),
                   time_unit::rfc3339};
  auto trips = read_trips(from, {}, 1);
  REQUIRE(trips.size() == 2);
  CHECK(trips[0].at_s == 20 * 3600 + 15 * 60 + 30);
  CHECK(trips[1].at_s == 86'400 + 1800);
}

TEST_CASE("a bad table says which line and what would be right") {
  CHECK(why(std::string{header} + "1,2\n")
        == ":2: has 2 fields, the header names 10");
  CHECK(why(std::string{header} + "1,5,1,1,1,1,140.7,-73,40,-73\n")
        == ":2: pu_lat: '140.7' must be a number from -90 to 90");
  CHECK(why(std::string{header} + "1,x,1,1,1,1,40.7,-73,40,-73\n")
        == ":2: start_min: 'x' must be a number from 0 to 1e+07");
  CHECK(why("") != "");
  CHECK(why("when,pu_lat\n").starts_with(":1: which column is time? Name it "));
  CHECK(why("start,pu_lat,pu_lon,do_lat,do_lon\nnoon,1,2,3,4\n")
        == ":2: start: 'noon' must be a time such as 2013-09-01T20:15:00Z");
  CHECK_THROWS_AS(parse_columns("pick=x"), demand_error);
  CHECK_THROWS_AS(parse_hours("25"), demand_error);
  CHECK_THROWS_AS(parse_hours("9-7"), demand_error);
  CHECK_THROWS_AS(read_trips({"/nowhere.csv", {}, {}}, {}, 1), demand_error);
}

TEST_CASE("a cut-off gzip file is an error, not a short day") {
  temp_file file{two, true};
  std::filesystem::resize_file(file.path,
                               std::filesystem::file_size(file.path) / 2);
  CHECK_THROWS_AS(read_trips({file.path, {}, {}}, {}, 1), demand_error);
}

TEST_CASE("a made-up city keeps its seed, its rate and its bounds") {
  city_options city;
  auto day = make_city_demand(city, {}, 42);
  CHECK(day.size() > 13'500);
  CHECK(day.size() < 15'300);
  auto again = make_city_demand(city, {}, 42);
  CHECK(again.size() == day.size());
  CHECK(again.back().dropoff == day.back().dropoff);
  std::size_t evening = 0, dawn = 0;
  for (const auto& x : day) {
    CHECK(distance_m(x.pickup, city.centre) <= city.radius_m + 50);
    CHECK(distance_m(x.pickup, x.dropoff) >= city.shortest_m);
    evening += x.at_s >= 19 * 3600 && x.at_s < 20 * 3600;
    dawn += x.at_s >= 4 * 3600 && x.at_s < 5 * 3600;
  }
  CHECK(evening > 4 * dawn);
  CHECK(make_city_demand(city, parse_hours("19"), 42).size() == evening);
  city.requests_per_hour = -1;
  CHECK_THROWS_AS(make_city_demand(city, {}, 42), demand_error);
}
