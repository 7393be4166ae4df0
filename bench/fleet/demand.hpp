#pragma once

#include "protocol/geo.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Who wants to go where and when: made up from a seed, or read from a file of
/// real trips.
namespace hansom::fleet {

/// One wish for a ride.
struct ride_wish {
  double at_s = 0; ///< Seconds since midnight of the demand's first day.
  geo_point pickup;
  geo_point dropoff;
};

/// Part of a day, in hours since midnight: [from, to).
struct hour_range {
  double from = 0;
  double to = 24;
};

/// Reads "20" (one hour), "7-9.5" or "all".
/// @throws demand_error.
hour_range parse_hours(std::string_view text);

/// Says what is wrong with demand, with file and line where there is one.
class demand_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// -- made up ------------------------------------------------------------------

/// A place that draws rides.
struct hot_spot {
  geo_point centre;
  double radius_m = 400; ///< Standard deviation of the distance, each axis.
  double weight = 1;     ///< Relative to other hot spots.
};

/// Share of a day's rides per hour; a city's: low at 5, high at 8 and 19.
inline constexpr std::array<double, 24> usual_hours = {
  3.6, 2.7, 2.0, 1.4, 1.0, 1.1, 2.2, 4.1, 5.3, 4.9, 4.5, 4.5,
  4.7, 4.6, 4.7, 4.6, 4.3, 5.0, 6.1, 6.4, 6.0, 5.9, 5.6, 4.8};

/// A city as wide as its wishes.
struct city_options {
  geo_point centre{407'580'000, -739'855'000}; ///< Midtown Manhattan.
  double radius_m = 4000;                      ///< Nothing lies beyond.
  double requests_per_hour = 600;              ///< Mean over the whole day.
  std::array<double, 24> hours = usual_hours;  ///< Weights, not all zero.
  std::vector<hot_spot> hot_spots; ///< Empty: eight, placed by the seed.
  double hot_share = 0.6;          ///< Of trip ends that lie in a hot spot.
  double shortest_m = 500;         ///< Nobody takes a ride shorter than this.
};

/// @returns the wishes of `hours`, by time; the same for the same seed.
/// @throws demand_error when an option is out of range.
std::vector<ride_wish> make_city_demand(const city_options& city,
                                        hour_range hours, std::uint64_t seed);

/// @returns a point of the city, as its trip ends are spread; where drivers
///          start.
geo_point random_place(const city_options& city, std::uint64_t seed,
                       std::uint64_t number);

// -- read ---------------------------------------------------------------------

enum class time_unit {
  by_name, ///< From the column's name: ..._min, ..._s, else RFC 3339.
  minutes, ///< Since midnight.
  seconds, ///< Since midnight.
  rfc3339, ///< "2013-09-01T20:15:00Z", also with a space and without a zone;
           ///< the wall clock written there counts, whatever its zone.
  epoch,   ///< Seconds since 1970.
};

/// @throws demand_error unless minutes, seconds, rfc3339 or epoch.
time_unit parse_time_unit(std::string_view text);

/// A file of trips with a header line.
struct csv_options {
  std::string path; ///< Plain or gzip.
  /// Role (time, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon) to column
  /// name; roles left out are found by the usual names.
  std::map<std::string, std::string> columns;
  time_unit unit = time_unit::by_name;
};

/// Reads "pickup_lat=pu_lat,time=start_min".
/// @throws demand_error on an unknown role or a missing '='.
std::map<std::string, std::string> parse_columns(std::string_view text);

/// @param seed spreads whole minutes over their sixty seconds.
/// @returns the wishes of `hours`, by time.
/// @throws demand_error with file and line.
std::vector<ride_wish> read_trips(const csv_options& from, hour_range hours,
                                  std::uint64_t seed);

} // namespace hansom::fleet
