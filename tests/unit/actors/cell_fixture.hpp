#pragma once

#include "actors/cell/cell_actor.hpp"
#include "actors/cell/position_pack.hpp"
#include "tests/unit/actors/city_fixture.hpp"
#include "tests/unit/actors/city_map.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hansom::testing {

inline dispatch_config with_policy(match_policy x) {
  dispatch_config config;
  config.policy = x;
  return config;
}

/// Real cells; drivers and trips are played by the test.
struct cells : city_fixture {
  explicit cells(dispatch_config config = with_policy(match_policy::batch),
                 position_port* listener = nullptr);

  [[nodiscard]] cell_id home(geo_point at) const {
    return cell_of(at, level);
  }
  static driver_id driver(char name) {
    return driver_id{static_cast<std::uint64_t>(name)};
  }
  static trip_id trip(char name) {
    return trip_id{static_cast<std::uint64_t>(name)};
  }

  void tell_status(char name, geo_point at, standing now_is,
                   milliseconds age = 0ms);
  void tell_free(char name, geo_point at, milliseconds age = 0ms) {
    tell_status(name, at, standing::free, age);
  }

  void request(char name, geo_point pickup, milliseconds waited = 0ms,
               std::uint32_t rev = 1, std::vector<driver_id> excluded = {});

  /// Puts everybody on the map: drivers first, then requests.
  void populate(const city_map& map);

  /// @returns all proposals so far, as "1a 2b": trip 1 to driver a.
  [[nodiscard]] std::string proposals() const;

  /// @returns what a cell says, as it says it: JSON, or nothing.
  template <class Question>
  std::string ask(geo_point at, Question what) {
    auto actor = node().entities().find(home(at));
    REQUIRE(actor);
    caf::scoped_actor self{system()};
    auto answer = self->request(actor, caf::infinite, what);
    settle();
    std::string text;
    answer.receive([&](std::string& x) { text = std::move(x); },
                   [](caf::error& e) { FAIL("no answer: ", e.code()); });
    return text;
  }

  /// What a rider is told, verified.
  quote_terms quote(geo_point at);

  int level;
  std::map<char, std::uint64_t> revs;
  int quotes_ = 0;
};

/// The middle of the cell that holds Times Square: maps below fit into it.
inline geo_point here(int level = dispatch_config{}.cell_level) {
  return centre(cell_of(times_square, level));
}

/// The middle of that cell's eastern border.
inline geo_point border() {
  auto corners = vertices(cell_of(times_square, dispatch_config{}.cell_level));
  std::sort(corners.begin(), corners.end(),
            [](auto& a, auto& b) { return a.lon_e7 > b.lon_e7; });
  return {(corners[0].lat_e7 + corners[1].lat_e7) / 2,
          (corners[0].lon_e7 + corners[1].lon_e7) / 2};
}

} // namespace hansom::testing
