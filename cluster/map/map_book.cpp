#include "cluster/map/map_book.hpp"

#include "actors/cell/cell_cover.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>
#include <set>

namespace hansom {

namespace {

constexpr std::int32_t e7_to_e5 = 100;

void append_place(std::string& out, std::int32_t lat, std::int32_t lon) {
  out += ',' + std::to_string(lat) + ',' + std::to_string(lon);
}

/// Adds one element to a JSON list that ends without its bracket.
void comma(std::string& out) {
  if (out.back() != '[')
    out += ',';
}

std::string row_of(const cell_picture& x) {
  std::string out = "{\"cell\":";
  json::append(out, to_string(x.cell));
  out += ",\"surge\":" + std::to_string(x.surge_milli) + ",\"free\":"
         + std::to_string(x.free) + ",\"soon\":" + std::to_string(x.soon_free)
         + ",\"busy\":" + std::to_string(x.busy)
         + ",\"waiting\":" + std::to_string(x.waiting)
         + ",\"proposed\":" + std::to_string(x.proposed) + ",\"shape\":[";
  for (auto corner : vertices(x.cell)) {
    comma(out);
    out += std::to_string(corner.lat_e7 / e7_to_e5) + ','
           + std::to_string(corner.lon_e7 / e7_to_e5);
  }
  return out + "]}";
}

/// Who finishes a trip in one cell is busy in another: that is where he is.
bool tells_more(standing x, standing than) {
  return than == standing::soon_free && x != standing::soon_free;
}

template <class Id>
void append_car(std::string& out, driver_id driver, const Id& x) {
  comma(out);
  out += '"' + to_string(driver) + '"';
  append_place(out, x.lat, x.lon);
  out += ',' + std::to_string(static_cast<int>(x.now));
}

std::string asks_of(const city_picture& x, std::size_t max, std::size_t& cut) {
  std::string out = "[";
  std::size_t n = 0;
  for (auto& cell : x.cells)
    for (auto& r : cell.requests) {
      if (n == max) {
        ++cut;
        continue;
      }
      ++n;
      comma(out);
      out += '"' + to_string(r.trip) + '"';
      append_place(out, r.pickup.lat_e7 / e7_to_e5, r.pickup.lon_e7 / e7_to_e5);
      out += ',' + std::to_string(r.requested_at.ms) + ",\""
             + (r.proposed_to.value == 0 ? "" : to_string(r.proposed_to)) + '"';
    }
  return out + "]";
}

/// What a cell has and has not told: it, too, tells so much and no more.
std::size_t left_out_of(const cell_picture& x) {
  auto beyond = [](std::size_t has, std::size_t told) {
    return has > told ? has - told : 0;
  };
  return beyond(std::size_t{x.free} + x.soon_free + x.busy, x.drivers.size())
         + beyond(std::size_t{x.waiting} + x.proposed, x.requests.size());
}

} // namespace

map_book::cars map_book::gather(const city_picture& x) {
  cars now;
  now.reserve(cars_.size() + 64);
  std::set<cell_id> silent{x.silent.begin(), x.silent.end()};
  if (!silent.empty()) // Not answering is no reason to vanish.
    for (auto& [driver, c] : cars_)
      if (silent.count(c.cell) != 0)
        now.emplace(driver, c);
  for (auto& cell : x.cells)
    for (auto& d : cell.drivers) {
      car seen{d.at.lat_e7 / e7_to_e5, d.at.lon_e7 / e7_to_e5, d.now,
               cell.cell};
      auto found = now.find(d.driver);
      if (found != now.end()) {
        if (tells_more(d.now, found->second.now)
            || silent.count(found->second.cell) != 0)
          found->second = seen;
      } else if (now.size() < cars_max) {
        now.emplace(d.driver, seen);
      } else {
        ++cut_;
      }
    }
  return now;
}

std::string map_book::head() const {
  return "{\"frame\":" + std::to_string(frame_)
         + ",\"at\":" + std::to_string(at_.ms)
         + ",\"cut\":" + std::to_string(cut_) + ",\"asks\":" + asks_;
}

std::string map_book::difference(const cars& now, const cell_rows& rows) const {
  auto out = head() + ",\"cars\":[";
  for (auto& [driver, c] : now) {
    auto was = cars_.find(driver);
    if (was == cars_.end() || was->second.lat != c.lat
        || was->second.lon != c.lon || was->second.now != c.now)
      append_car(out, driver, c);
  }
  out += "],\"gone\":[";
  for (auto& [driver, c] : cars_)
    if (now.count(driver) == 0) {
      comma(out);
      out += '"' + to_string(driver) + '"';
    }
  out += "],\"cells\":[";
  for (auto& [cell, row] : rows) {
    auto was = rows_.find(cell);
    if (was != rows_.end() && was->second == row)
      continue;
    comma(out);
    out += row;
  }
  out += "],\"cells_gone\":[";
  for (auto& [cell, row] : rows_)
    if (rows.count(cell) == 0) {
      comma(out);
      out += '"' + to_string(cell) + '"';
    }
  return out + "]}";
}

std::string map_book::everything() const {
  auto out = head() + ",\"cars\":[";
  for (auto& [driver, c] : cars_)
    append_car(out, driver, c);
  out += "],\"cells\":[";
  for (auto& [cell, row] : rows_) {
    comma(out);
    out += row;
  }
  return out + "]}";
}

void map_book::add(city_picture x) {
  ++frame_;
  at_ = x.at;
  cut_ = x.cut;
  for (auto& cell : x.cells)
    cut_ += left_out_of(cell);
  full_.clear();
  auto now = gather(x);
  asks_ = asks_of(x, asks_max, cut_);
  cell_rows rows;
  for (auto cell : x.silent)
    if (auto was = rows_.find(cell); was != rows_.end())
      rows.emplace(*was);
  for (auto& cell : x.cells)
    rows[cell.cell] = row_of(cell);
  last_.push_back(difference(now, rows));
  if (last_.size() > kept)
    last_.pop_front();
  cars_ = std::move(now);
  rows_ = std::move(rows);
}

std::string map_book::since(std::uint64_t after) {
  if (after == 0 || after > frame_ || frame_ - after > last_.size()) {
    if (full_.empty())
      full_ = everything();
    return "{\"full\":" + full_ + '}';
  }
  std::string out = "{\"frames\":[";
  for (auto i = last_.size() - (frame_ - after); i < last_.size(); ++i) {
    comma(out);
    out += last_[i];
  }
  return out + "]}";
}

} // namespace hansom
