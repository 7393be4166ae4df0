#pragma once

#include "cluster/admin/city_picture.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace hansom {

/// The city as the map shows it, frame after frame, each made once for all who
/// look. A frame names what has changed since the one before:
///
///   {"frame":N,"at":MS,"cars":["42",LAT,LON,STATE,...],"gone":["43"],
///    "asks":["TRIP",LAT,LON,SINCE_MS,"DRIVER",...],
///    "cells":[{"cell":"89c25a31",...}],"cells_gone":["89c25a33"],"cut":0}
///
/// Lists are flat and coordinates 1e-5 degrees (a metre): ten thousand cars are
/// 300 kB. `asks` is always whole. STATE: 1 busy, 2 free, 3 free soon (and
/// shown at his drop-off). Not thread-safe; plain types, no clock.
class map_book {
public:
  static constexpr std::size_t cars_max = 50'000;
  static constexpr std::size_t asks_max = 2'000;
  /// Frames that a viewer may have missed; then he gets all.
  static constexpr std::size_t kept = 8;

  /// @param before number of the frame before the first. Frames of another
  ///        process must not look like this one's: begin elsewhere.
  explicit map_book(std::uint64_t before = 0) : frame_{before} {
  }

  /// Takes a picture in as the next frame.
  void add(city_picture x);

  [[nodiscard]] std::uint64_t frame() const noexcept {
    return frame_;
  }

  /// What brings somebody who has seen `after` up to date: {"frames":[...]},
  /// or, when too much has happened since, {"full":{...}}.
  [[nodiscard]] std::string since(std::uint64_t after);

private:
  struct car {
    std::int32_t lat = 0;
    std::int32_t lon = 0;
    standing now = standing::gone;
    cell_id cell;

    bool operator==(const car&) const = default;
  };
  using cars = std::unordered_map<driver_id, car>;
  using cell_rows = std::map<cell_id, std::string>;

  cars gather(const city_picture& x);
  std::string difference(const cars& now, const cell_rows& rows) const;
  std::string head() const;
  std::string everything() const;

  std::uint64_t frame_;
  timestamp at_;
  std::size_t cut_ = 0; ///< Cars, requests and cells beyond the bounds.
  cars cars_;
  cell_rows rows_;
  std::string asks_ = "[]";
  std::deque<std::string> last_;
  std::string full_; ///< Of the present frame; made when first asked for.
};

} // namespace hansom
