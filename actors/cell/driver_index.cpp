#include "actors/cell/driver_index.hpp"

#include "protocol/earth.hpp"

#include <limits>
#include <numbers>

namespace hansom {

namespace {

constexpr double radians_per_unit = std::numbers::pi / 180.0 / 1e7;
constexpr std::int64_t full_circle_e7 = 3'600'000'000;
constexpr double most_buckets = 512; // On each side.

/// The shorter way round from `from` to `to`.
std::int64_t lon_difference(geo_point from, geo_point to) noexcept {
  auto d = std::int64_t{to.lon_e7} - from.lon_e7;
  if (d > full_circle_e7 / 2)
    return d - full_circle_e7;
  if (d < -full_circle_e7 / 2)
    return d + full_circle_e7;
  return d;
}

} // namespace

driver_index::driver_index(geo_box box, std::uint32_t bucket_m)
  : origin_{box.south_west} {
  auto middle = (double{1} * box.south_west.lat_e7 + box.north_east.lat_e7) / 2;
  metres_per_lat_ = earth_radius_m * radians_per_unit;
  // At a pole a degree of longitude has no length; the floor keeps the box
  // wider than nothing.
  metres_per_lon_ =
    metres_per_lat_ * std::max(std::cos(middle * radians_per_unit), 1e-6);
  auto far = project(box.north_east);
  auto width = std::max(far.x, 1.0);
  auto height = std::max(far.y, 1.0);
  bucket_m_ = std::max({double{1} * std::max<std::uint32_t>(bucket_m, 1),
                        width / most_buckets, height / most_buckets});
  columns_ = static_cast<std::int32_t>(std::ceil(width / bucket_m_));
  rows_ = static_cast<std::int32_t>(std::ceil(height / bucket_m_));
}

bool driver_index::upsert(driver_id driver, geo_point at, timestamp time) {
  auto where = project(at);
  auto bucket =
    static_cast<std::uint32_t>(row(where.y) * columns_ + column(where.x));
  auto known = find(driver);
  if (known != none) {
    auto& x = entries_[known];
    x.at = at;
    x.time = time;
    if (x.bucket != bucket) {
      unlink(known);
      link(known, bucket);
    }
    return false;
  }
  if (heads_.empty())
    heads_.assign(static_cast<std::size_t>(columns_) * rows_, none);
  if (slots_.size() < 2 * (entries_.size() + 1))
    grow();
  auto index = static_cast<std::uint32_t>(entries_.size());
  auto slot = slot_of(driver); // Free: he is not known.
  entries_.push_back({driver, time, at, 0, none, none});
  slots_[slot] = index;
  link(index, bucket);
  return true;
}

bool driver_index::erase(driver_id driver) noexcept {
  auto index = find(driver);
  if (index == none)
    return false;
  unlink(index);
  remove_slot(slot_of(driver));
  auto last = static_cast<std::uint32_t>(entries_.size() - 1);
  if (index != last) {
    // The last entry moves into the gap: its slot and its list follow.
    slots_[slot_of(entries_[last].driver)] = index;
    auto bucket = entries_[last].bucket;
    unlink(last);
    entries_[index] = entries_[last];
    link(index, bucket);
  }
  entries_.pop_back();
  return true;
}

bool driver_index::position(driver_id driver, geo_point& at,
                            timestamp& time) const noexcept {
  auto index = find(driver);
  if (index == none)
    return false;
  at = entries_[index].at;
  time = entries_[index].time;
  return true;
}

std::uint32_t driver_index::metres(geo_point a, geo_point b) const noexcept {
  return metres_between(project(a), project(b));
}

std::size_t driver_index::memory() const noexcept {
  return entries_.capacity() * sizeof(entry)
         + (heads_.capacity() + slots_.capacity()) * sizeof(std::uint32_t);
}

driver_index::plane_point driver_index::project(geo_point p) const noexcept {
  return {static_cast<double>(lon_difference(origin_, p)) * metres_per_lon_,
          static_cast<double>(std::int64_t{p.lat_e7} - origin_.lat_e7)
            * metres_per_lat_};
}

std::int32_t driver_index::column(double x) const noexcept {
  return static_cast<std::int32_t>(
    std::clamp(x / bucket_m_, 0.0, columns_ - 1.0));
}

std::int32_t driver_index::row(double y) const noexcept {
  return static_cast<std::int32_t>(std::clamp(y / bucket_m_, 0.0, rows_ - 1.0));
}

/// @returns a lower bound of the distance to every driver outside the rings
///          0 to `ring`; infinite when no bucket is left.
double driver_index::unseen_from(plane_point p, std::int32_t cx,
                                 std::int32_t cy,
                                 std::int32_t ring) const noexcept {
  auto least = std::numeric_limits<double>::infinity();
  if (cx - ring > 0)
    least = std::min(least, p.x - (cx - ring) * bucket_m_);
  if (cx + ring < columns_ - 1)
    least = std::min(least, (cx + ring + 1) * bucket_m_ - p.x);
  if (cy - ring > 0)
    least = std::min(least, p.y - (cy - ring) * bucket_m_);
  if (cy + ring < rows_ - 1)
    least = std::min(least, (cy + ring + 1) * bucket_m_ - p.y);
  return least;
}

std::uint32_t driver_index::find(driver_id driver) const noexcept {
  if (slots_.empty())
    return none;
  return slots_[slot_of(driver)];
}

/// @returns the slot that holds the driver, or the free one where he belongs.
std::size_t driver_index::slot_of(driver_id driver) const noexcept {
  auto mask = slots_.size() - 1;
  auto slot = mix64(driver.value) & mask;
  while (slots_[slot] != none && entries_[slots_[slot]].driver != driver)
    slot = (slot + 1) & mask;
  return slot;
}

void driver_index::link(std::uint32_t index, std::uint32_t bucket) noexcept {
  auto& x = entries_[index];
  x.bucket = bucket;
  x.previous = none;
  x.next = heads_[bucket];
  if (x.next != none)
    entries_[x.next].previous = index;
  heads_[bucket] = index;
}

void driver_index::unlink(std::uint32_t index) noexcept {
  auto& x = entries_[index];
  if (x.previous != none)
    entries_[x.previous].next = x.next;
  else
    heads_[x.bucket] = x.next;
  if (x.next != none)
    entries_[x.next].previous = x.previous;
}

void driver_index::grow() {
  std::vector<std::uint32_t> old(std::max<std::size_t>(16, slots_.size() * 2),
                                 none);
  old.swap(slots_);
  for (std::uint32_t i = 0; i < entries_.size(); ++i)
    slots_[slot_of(entries_[i].driver)] = i;
}

/// Frees a slot and closes the gap in the probe sequence behind it.
void driver_index::remove_slot(std::size_t slot) noexcept {
  auto mask = slots_.size() - 1;
  slots_[slot] = none;
  for (auto i = (slot + 1) & mask; slots_[i] != none; i = (i + 1) & mask) {
    auto home = mix64(entries_[slots_[i]].driver.value) & mask;
    // Movable when the gap lies between its home and its place.
    if (((i - home) & mask) >= ((i - slot) & mask)) {
      slots_[slot] = slots_[i];
      slots_[i] = none;
      slot = i;
    }
  }
}

} // namespace hansom
