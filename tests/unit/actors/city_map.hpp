#pragma once

/// Cities drawn in a test: letters are drivers, digits are pickups.

#include "actors/cell/cell_cover.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace hansom::testing {

/// A drawing whose middle lies at a place on earth. Each character is
/// `step_m` metres wide and high; dots and blanks are streets.
class city_map {
public:
  city_map(geo_point middle, double step_m,
           const std::vector<std::string>& rows) {
    const double per_lat = 0.0111195; // Metres for 1e-7 degrees.
    const double per_lon =
      per_lat * std::cos(middle.lat_e7 * 1e-7 * 3.14159265358979 / 180);
    auto height = static_cast<double>(rows.size());
    for (std::size_t y = 0; y < rows.size(); ++y) {
      auto width = static_cast<double>(rows[y].size());
      for (std::size_t x = 0; x < rows[y].size(); ++x) {
        auto east = (static_cast<double>(x) - (width - 1) / 2) * step_m;
        auto north = ((height - 1) / 2 - static_cast<double>(y)) * step_m;
        places_[rows[y][x]] = {
          middle.lat_e7 + static_cast<std::int32_t>(north / per_lat),
          middle.lon_e7 + static_cast<std::int32_t>(east / per_lon)};
      }
    }
  }

  [[nodiscard]] geo_point operator[](char what) const {
    REQUIRE(places_.count(what) == 1);
    return places_.at(what);
  }

  [[nodiscard]] const std::map<char, geo_point>& places() const {
    return places_;
  }

private:
  std::map<char, geo_point> places_;
};

} // namespace hansom::testing
