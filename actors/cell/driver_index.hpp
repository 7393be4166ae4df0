#pragma once

#include "protocol/geo.hpp"
#include "protocol/ids.hpp"
#include "protocol/record.hpp"
#include "protocol/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace hansom {

/// A corner-to-corner box of coordinates; may cross the date line.
struct geo_box {
  geo_point south_west;
  geo_point north_east;
};

/// A driver found by `driver_index::nearest`.
struct near_driver {
  driver_id driver;
  geo_point at;
  std::uint32_t metres = 0; ///< Straight line, rounded to the nearest metre.
  timestamp time;           ///< Of the position.
};
HANSOM_RECORD(near_driver, driver, at, metres, time)

/// The drivers of one cell in a uniform grid. Drivers outside the box live in
/// the border buckets, which reach outwards without end: nothing is lost when
/// one strays, and searches may start outside.
///
/// Distances are Euclidean on a plane that touches the earth in the middle of
/// the box: within 0.1 % of the great circle for the few kilometres that
/// matter, and the grid's bounds are exact on it. Memory is allocated with the
/// first driver. Not thread-safe.
class driver_index {
public:
  /// @param bucket_m edge of a bucket; grows where the box would need more
  ///        than 512 x 512.
  explicit driver_index(geo_box box, std::uint32_t bucket_m = 250);

  /// Adds or moves a driver; O(1).
  /// @returns whether he is new.
  bool upsert(driver_id driver, geo_point at, timestamp time);

  /// @returns whether he was there; O(1).
  bool erase(driver_id driver) noexcept;

  [[nodiscard]] bool contains(driver_id driver) const noexcept {
    return find(driver) != none;
  }

  /// @returns whether he is there; then `at` and `time` are set.
  bool position(driver_id driver, geo_point& at,
                timestamp& time) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }
  [[nodiscard]] bool empty() const noexcept {
    return entries_.empty();
  }

  /// @returns straight-line metres as this index measures them.
  [[nodiscard]] std::uint32_t metres(geo_point a, geo_point b) const noexcept;

  /// The exact k nearest, nearest first, the lower id among equals.
  /// @param predicate `bool(const near_driver&)`; false skips a driver without
  ///        using up a place. Called once per driver looked at.
  /// @param out replaced, capacity kept.
  template <class Predicate>
  void nearest(geo_point at, std::size_t k, std::uint32_t max_metres,
               Predicate&& predicate, std::vector<near_driver>& out) const;

  /// Calls `visit(driver_id, geo_point, timestamp)` for each, in no order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& x : entries_)
      visit(x.driver, x.at, x.time);
  }

  /// @returns bytes on the heap.
  [[nodiscard]] std::size_t memory() const noexcept;

private:
  static constexpr std::uint32_t none = 0xffff'ffff;
  /// Below this, looking at everybody beats walking rings.
  static constexpr std::size_t scan_all_below = 48;

  struct entry {
    driver_id driver;
    timestamp time;
    geo_point at;
    std::uint32_t bucket = 0;
    std::uint32_t next = none; ///< Within the bucket.
    std::uint32_t previous = none;
  };

  struct plane_point {
    double x = 0; ///< Metres east of the box's south-west corner.
    double y = 0; ///< Metres north of it.
  };

  [[nodiscard]] plane_point project(geo_point p) const noexcept;
  [[nodiscard]] std::int32_t column(double x) const noexcept;
  [[nodiscard]] std::int32_t row(double y) const noexcept;
  [[nodiscard]] double unseen_from(plane_point p, std::int32_t cx,
                                   std::int32_t cy,
                                   std::int32_t ring) const noexcept;
  static std::uint32_t metres_between(plane_point a, plane_point b) noexcept {
    auto dx = a.x - b.x;
    auto dy = a.y - b.y;
    return static_cast<std::uint32_t>(
      std::lround(std::sqrt(dx * dx + dy * dy)));
  }

  [[nodiscard]] std::uint32_t find(driver_id driver) const noexcept;
  [[nodiscard]] std::size_t slot_of(driver_id driver) const noexcept;
  void link(std::uint32_t index, std::uint32_t bucket) noexcept;
  void unlink(std::uint32_t index) noexcept;
  void grow();
  void remove_slot(std::size_t slot) noexcept;

  geo_point origin_; ///< South-west corner.
  double metres_per_lon_;
  double metres_per_lat_;
  double bucket_m_;
  std::int32_t columns_;
  std::int32_t rows_;
  std::vector<entry> entries_;       ///< Dense; the last fills a gap.
  std::vector<std::uint32_t> heads_; ///< First entry of each bucket.
  std::vector<std::uint32_t> slots_; ///< Hash by id, linear probing.
};

template <class Predicate>
void driver_index::nearest(geo_point at, std::size_t k,
                           std::uint32_t max_metres, Predicate&& predicate,
                           std::vector<near_driver>& out) const {
  out.clear();
  if (k == 0 || entries_.empty())
    return;
  const auto centre = project(at);
  auto limit = max_metres; // Shrinks to the k-th best.
  const auto before = [](const near_driver& a, const near_driver& b) {
    return a.metres != b.metres ? a.metres < b.metres : a.driver < b.driver;
  };
  const auto consider = [&](const entry& x) {
    auto d = metres_between(centre, project(x.at));
    if (d > limit)
      return;
    near_driver found{x.driver, x.at, d, x.time};
    if (out.size() == k && !before(found, out.back()))
      return;
    if (!predicate(std::as_const(found)))
      return;
    if (out.size() == k)
      out.pop_back();
    out.insert(std::upper_bound(out.begin(), out.end(), found, before), found);
    if (out.size() == k)
      limit = out.back().metres;
  };
  if (entries_.size() < scan_all_below) {
    for (const auto& x : entries_)
      consider(x);
    return;
  }
  const auto visit = [&](std::int32_t cx, std::int32_t cy) {
    auto bucket = static_cast<std::size_t>(cy) * columns_ + cx;
    for (auto i = heads_[bucket]; i != none; i = entries_[i].next)
      consider(entries_[i]);
  };
  const auto mid_x = column(centre.x);
  const auto mid_y = row(centre.y);
  for (std::int32_t ring = 0;; ++ring) {
    auto left = std::max(mid_x - ring, 0);
    auto right = std::min(mid_x + ring, columns_ - 1);
    for (auto cy : {mid_y - ring, mid_y + ring}) {
      if (cy >= 0 && cy < rows_)
        for (auto cx = left; cx <= right; ++cx)
          visit(cx, cy);
      if (ring == 0)
        break;
    }
    for (auto cx : {mid_x - ring, mid_x + ring})
      if (ring > 0 && cx >= 0 && cx < columns_)
        for (auto cy = std::max(mid_y - ring + 1, 0);
             cy <= std::min(mid_y + ring - 1, rows_ - 1); ++cy)
          visit(cx, cy);
    // Rounding hides up to half a metre; with a full metre of room nobody at
    // the same rounded distance is missed.
    if (unseen_from(centre, mid_x, mid_y, ring) > double{1} + limit)
      return;
  }
}

} // namespace hansom
