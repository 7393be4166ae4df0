#include "bench/fleet/csv_file.hpp"
#include "bench/fleet/demand.hpp"
#include "bench/fleet/random.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace hansom::fleet {

namespace {

struct role {
  const char* name;
  std::vector<const char*> usual; ///< Column names, the first found is taken.
};

const std::vector<role>& roles() {
  static const std::vector<role> all = {
    {"time",
     {"time", "start_min", "start_s", "start", "request_time", "requested_at",
      "pickup_datetime", "tpep_pickup_datetime", "trip_start_timestamp"}},
    {"pickup_lat", {"pickup_lat", "pu_lat", "pickup_latitude", "start_lat"}},
    {"pickup_lon",
     {"pickup_lon", "pu_lon", "pickup_longitude", "start_lon", "start_lng"}},
    {"dropoff_lat", {"dropoff_lat", "do_lat", "dropoff_latitude", "end_lat"}},
    {"dropoff_lon",
     {"dropoff_lon", "do_lon", "dropoff_longitude", "end_lon", "end_lng"}},
  };
  return all;
}

std::string role_names() {
  std::string out;
  for (const auto& r : roles())
    out += (out.empty() ? "" : ", ") + std::string{r.name};
  return out;
}

/// @returns where the role's column is.
std::size_t find_column(const csv_file& file, const csv_options& from,
                        const role& wanted) {
  auto named = from.columns.find(wanted.name);
  if (named != from.columns.end())
    return file.column(named->second);
  const auto& header = file.header();
  for (auto name : wanted.usual) {
    auto i = std::find(header.begin(), header.end(), name);
    if (i != header.end())
      return static_cast<std::size_t>(i - header.begin());
  }
  std::string columns;
  for (const auto& name : header)
    columns += (columns.empty() ? "" : ", ") + name;
  throw demand_error{from.path + ":1: which column is " + wanted.name
                     + "? Name it with --columns " + wanted.name
                     + "=COLUMN; there are: " + columns};
}

time_unit unit_by_name(std::string_view column) {
  auto ends = [&](std::string_view end) { return column.ends_with(end); };
  if (ends("_min") || ends("_minutes"))
    return time_unit::minutes;
  if (ends("_s") || ends("_sec") || ends("_seconds"))
    return time_unit::seconds;
  return ends("epoch") ? time_unit::epoch : time_unit::rfc3339;
}

/// Reads digits at a fixed place.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int out = 0;
  if (at + count > text.size())
    return -1;
  auto first = text.data() + at;
  auto [end, error] = std::from_chars(first, first + count, out);
  return error == std::errc{} && end == first + count ? out : -1;
}

/// @returns seconds since 1970 as if the wall clock written were UTC's.
std::optional<double> wall_clock(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2),
            day = digits(text, 8, 2), hour = digits(text, 11, 2),
            minute = digits(text, 14, 2);
  const int second =
    text.size() > 16 && text[16] == ':' ? digits(text, 17, 2) : 0;
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{
    std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
    std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || text[4] != '-' || text[7] != '-' || text[13] != ':'
      || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * 86'400.0 + hour * 3600.0 + minute * 60.0 + second;
}

/// Reads the time of the line at hand.
double time_of(const csv_file& file, std::size_t column, time_unit unit,
               std::uint64_t seed) {
  switch (unit) {
  case time_unit::minutes: {
    const double minutes = file.number(column, 0, 1e7);
    // Whole minutes are a rounding; half of a city does not call at once.
    if (minutes == std::floor(minutes))
      return minutes * 60 + random_stream{seed}.unit() * 60;
    return minutes * 60;
  }
  case time_unit::seconds:
    return file.number(column, 0, 1e9);
  case time_unit::epoch:
    return file.number(column, 0, 1e11);
  default: {
    auto t = wall_clock(file.field(column));
    if (!t)
      file.fail(file.header()[column] + ": '" + std::string{file.field(column)}
                + "' must be a time such as 2013-09-01T20:15:00Z");
    return *t;
  }
  }
}

} // namespace

hour_range parse_hours(std::string_view text) {
  if (text == "all" || text.empty())
    return {};
  const auto bad = [&] {
    return demand_error{"hours '" + std::string{text}
                        + "' must be an hour from 0 to 23, a range such as "
                          "7-9.5, or all"};
  };
  const auto end = text.data() + text.size();
  hour_range out;
  auto [at, error] = std::from_chars(text.data(), end, out.from);
  if (error != std::errc{})
    throw bad();
  out.to = out.from + 1;
  if (at != end) {
    if (*at != '-')
      throw bad();
    auto [last, error_2] = std::from_chars(at + 1, end, out.to);
    if (error_2 != std::errc{} || last != end)
      throw bad();
  }
  if (!(out.from >= 0 && out.from < out.to && out.to <= 24))
    throw bad();
  return out;
}

time_unit parse_time_unit(std::string_view text) {
  if (text == "minutes")
    return time_unit::minutes;
  if (text == "seconds")
    return time_unit::seconds;
  if (text == "rfc3339")
    return time_unit::rfc3339;
  if (text == "epoch")
    return time_unit::epoch;
  throw demand_error{"time unit '" + std::string{text}
                     + "' must be one of minutes, seconds, rfc3339, epoch"};
}

std::map<std::string, std::string> parse_columns(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const auto equals = item.find('=');
    if (equals == item.npos || equals + 1 == item.size())
      throw demand_error{"columns: '" + std::string{item}
                         + "' must be ROLE=COLUMN"};
    const auto name = item.substr(0, equals);
    const auto& all = roles();
    if (std::none_of(all.begin(), all.end(),
                     [&](const role& r) { return name == r.name; }))
      throw demand_error{"columns: unknown role '" + std::string{name}
                         + "', must be one of " + role_names()};
    out.emplace(name, item.substr(equals + 1));
  }
  return out;
}

std::vector<ride_wish> read_trips(const csv_options& from, hour_range hours,
                                  std::uint64_t seed) {
  csv_file file{from.path};
  std::size_t columns[5];
  for (std::size_t i = 0; i < 5; ++i)
    columns[i] = find_column(file, from, roles()[i]);
  auto unit = from.unit == time_unit::by_name
                ? unit_by_name(file.header()[columns[0]])
                : from.unit;
  std::vector<ride_wish> all;
  while (file.next()) {
    ride_wish next;
    next.at_s = time_of(file, columns[0], unit, mix64(seed + all.size()));
    next.pickup = from_degrees(file.number(columns[1], -90, 90),
                               file.number(columns[2], -180, 180));
    next.dropoff = from_degrees(file.number(columns[3], -90, 90),
                                file.number(columns[4], -180, 180));
    all.push_back(next);
  }
  std::stable_sort(
    all.begin(), all.end(),
    [](const ride_wish& a, const ride_wish& b) { return a.at_s < b.at_s; });
  if (!all.empty()
      && (unit == time_unit::rfc3339 || unit == time_unit::epoch)) {
    const double midnight = std::floor(all.front().at_s / 86'400) * 86'400;
    for (auto& x : all)
      x.at_s -= midnight;
  }
  std::erase_if(all, [&](const ride_wish& x) {
    const double hour = std::fmod(x.at_s, 86'400) / 3600;
    return hour < hours.from || hour >= hours.to;
  });
  return all;
}

} // namespace hansom::fleet
