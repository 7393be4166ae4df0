#pragma once

#include "protocol/geo.hpp"

#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace hansom {

/// A city drawn in text. Each character is a square of `step_m` metres, north
/// is up; letters name places, everything else is street.
///
///   sketch map{{"A....b",
///                 "......",
///                 "c....B"}};
///   map.at('A'), map.at('c')
class sketch {
public:
  explicit sketch(const std::vector<std::string>& rows, double step_m = 100) {
    constexpr double south = 40.70;
    constexpr double west = -74.01;
    const double metres_per_degree = 6'371'008.8 * std::numbers::pi / 180;
    const auto shrink = std::cos(south * std::numbers::pi / 180);
    for (std::size_t row = 0; row < rows.size(); ++row)
      for (std::size_t column = 0; column < rows[row].size(); ++column) {
        auto north_m = static_cast<double>(rows.size() - 1 - row) * step_m;
        auto east_m = static_cast<double>(column) * step_m;
        if (std::isalpha(static_cast<unsigned char>(rows[row][column])))
          places_[rows[row][column]] =
            from_degrees(south + north_m / metres_per_degree,
                         west + east_m / metres_per_degree / shrink);
      }
  }

  [[nodiscard]] geo_point at(char name) const {
    auto i = places_.find(name);
    if (i == places_.end())
      throw std::out_of_range(std::string{"no place called "} + name);
    return i->second;
  }

private:
  std::map<char, geo_point> places_;
};

} // namespace hansom
