#include "protocol/json/reader.hpp"

#include <cmath>

namespace hansom::json::detail {

namespace {

struct text_limit {
  std::string_view name;
  std::size_t bytes;
};

/// Longest texts of client frames. A token or quote is base64 and signed; the
/// rest is written or read by people.
constexpr text_limit text_limits[] = {
  {"token", 2048}, {"quote", 2048},  {"session", 64}, {"device", 64},
  {"vehicle", 64}, {"comment", 500}, {"reason", 200},
};
constexpr std::size_t text_max_default = 200;

struct number_limit {
  std::string_view name;
  integer_range range;
};

/// The end of the year 9999: beyond it a time has no four-digit year.
constexpr std::uint64_t time_max_ms = 253'402'300'799'999;

constexpr number_limit number_limits[] = {
  {"stars", {1, 5}},
  {"heading_deg", {0, 359}},
  {"time", {1, time_max_ms}},
};

/// How much of a client's own words an error repeats.
constexpr std::size_t echo_max = 40;

std::string shortened(std::string_view text) {
  if (text.size() <= echo_max)
    return std::string{text};
  auto end = echo_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return std::string{text.substr(0, end)} + "...";
}

std::string_view kind_of(const nlohmann::json& x) {
  switch (x.type()) {
  case nlohmann::json::value_t::null:
    return "null";
  case nlohmann::json::value_t::object:
    return "an object";
  case nlohmann::json::value_t::array:
    return "a list";
  case nlohmann::json::value_t::string:
    return "text";
  case nlohmann::json::value_t::boolean:
    return "true or false";
  case nlohmann::json::value_t::number_float:
    return "a number with a fraction";
  default:
    return "a number";
  }
}

std::size_t text_max(std::string_view name, reading mode) noexcept {
  if (mode == reading::tolerant)
    return tolerant_text_max;
  for (const auto& limit : text_limits)
    if (limit.name == name)
      return limit.bytes;
  return text_max_default;
}

bool read_degrees(const nlohmann::json& from, const char* name,
                  std::int32_t limit_e7, std::int32_t& out,
                  decode_error& error) {
  auto member = from.find(name);
  if (member == from.end())
    return fail_missing(error, name);
  if (!member->is_number()) {
    fail_type(*member, error, "degrees, as a number");
    prepend(error, name);
    return false;
  }
  auto degrees = member->get<double>();
  // The first test keeps llround within its domain; the second is exact.
  bool good = std::abs(degrees) < 1000.0;
  auto units = good ? std::llround(degrees * 1e7) : 0;
  if (!good || std::llabs(units) > limit_e7) {
    auto limit = std::to_string(limit_e7 / 10'000'000);
    fail(error, error_code::out_of_range,
         "must be degrees from -" + limit + " to " + limit + '.');
    prepend(error, name);
    return false;
  }
  out = static_cast<std::int32_t>(units);
  return true;
}

} // namespace

bool fail(decode_error& error, error_code code, std::string message) {
  error.code = code;
  error.message = std::move(message);
  return false;
}

bool fail_type(const nlohmann::json& from, decode_error& error,
               std::string_view wanted) {
  return fail(error, error_code::wrong_type,
              "must be " + std::string{wanted} + ", not "
                + std::string{kind_of(from)} + '.');
}

bool fail_missing(decode_error& error, const char* name) {
  fail(error, error_code::missing_field,
       "the field \"" + std::string{name} + "\" is required.");
  prepend(error, name);
  return false;
}

bool fail_unknown(decode_error& error, std::string_view name,
                  const std::vector<const char*>& known) {
  std::string message = "there is no such field here; ";
  if (known.empty())
    message += "this message takes none.";
  else
    message += "known: ";
  for (std::size_t i = 0; i < known.size(); ++i)
    message += std::string{known[i]} + (i + 1 < known.size() ? ", " : ".");
  fail(error, error_code::unknown_field, std::move(message));
  prepend(error, shortened(name));
  return false;
}

void prepend(decode_error& error, std::string_view segment) {
  std::string escaped = "/";
  for (char c : segment)
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  error.where.insert(0, escaped);
}

integer_range range_of(std::string_view name, integer_range by_type,
                       reading mode) noexcept {
  if (mode == reading::strict)
    for (const auto& limit : number_limits)
      if (limit.name == name)
        return limit.range;
  return by_type;
}

bool read_integer(const nlohmann::json& from, integer_range range,
                  std::uint64_t& out, decode_error& error) {
  if (!from.is_number_integer())
    return fail_type(from, error, "a whole number");
  bool good = false;
  if (from.is_number_unsigned()) {
    out = from.get<std::uint64_t>();
    good = out <= range.max
           && (range.min <= 0 || out >= static_cast<std::uint64_t>(range.min));
  } else {
    auto value = from.get<std::int64_t>();
    out = static_cast<std::uint64_t>(value);
    good = value >= range.min && (value < 0 || out <= range.max);
  }
  if (good)
    return true;
  return fail(error, error_code::out_of_range,
              "must be a whole number from " + std::to_string(range.min)
                + " to " + std::to_string(range.max) + '.');
}

bool read_text(const nlohmann::json& from, std::string_view name,
               std::string& out, decode_error& error, reading mode) {
  auto text = text_of(from, error, "text");
  if (text == nullptr)
    return false;
  if (auto max = text_max(name, mode); text->size() > max)
    return fail(error, error_code::out_of_range,
                "has " + std::to_string(text->size())
                  + " bytes; must have at most " + std::to_string(max) + '.');
  // An empty one is no token, quote or session; optional texts may be empty.
  if (mode == reading::strict && text->empty()
      && (name == "token" || name == "quote" || name == "session"))
    return fail(error, error_code::out_of_range, "must not be empty.");
  // Terminals and databases alike trip over them (PostgreSQL refuses U+0000).
  if (mode == reading::strict)
    for (char c : *text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        return fail(error, error_code::out_of_range,
                    "must not contain control characters.");
  out = *text;
  return true;
}

bool read_lat_lon(const nlohmann::json& from, geo_point& out,
                  decode_error& error) {
  return read_degrees(from, "lat", 900'000'000, out.lat_e7, error)
         && read_degrees(from, "lon", 1'800'000'000, out.lon_e7, error);
}

bool read_point(const nlohmann::json& from, geo_point& out, decode_error& error,
                reading mode) {
  if (!from.is_object())
    return fail_type(from, error, "an object with lat and lon");
  if (!read_lat_lon(from, out, error))
    return false;
  if (mode == reading::strict && from.size() != 2)
    for (const auto& member : from.items())
      if (member.key() != "lat" && member.key() != "lon")
        return fail_unknown(error, member.key(), {"lat", "lon"});
  return true;
}

bool read_report(const nlohmann::json& from, position_report& out,
                 decode_error& error, reading mode, std::size_t extra_fields) {
  if (!from.is_object())
    return fail_type(from, error, "an object with lat, lon and time");
  std::size_t found = 2 + extra_fields;
  if (!read_lat_lon(from, out.at, error))
    return false;
  const auto field = [&](const char* name, auto& x, bool may_be_absent) {
    return read_field(from, name, x, error, mode, may_be_absent, found);
  };
  if (!field("time", out.time, false)
      || !field("accuracy_m", out.accuracy_m, true)
      || !field("heading_deg", out.heading_deg, true)
      || !field("speed_cm_s", out.speed_cm_s, true))
    return false;
  if (mode == reading::tolerant || found == from.size())
    return true;
  const std::vector<const char*> known = {
    "lat", "lon", "time", "accuracy_m", "heading_deg", "speed_cm_s"};
  for (const auto& member : from.items()) {
    bool is_known = extra_fields > 0 && member.key() == "type";
    for (auto name : known)
      is_known = is_known || member.key() == name;
    if (!is_known)
      return fail_unknown(error, member.key(), known);
  }
  return true;
}

std::size_t items_max(std::string_view name, reading mode) noexcept {
  if (mode == reading::tolerant)
    return tolerant_items_max;
  return name == "classes" ? service_class_count : position_points_max;
}

bool fail_items(decode_error& error, std::size_t count, std::size_t max) {
  return fail(error, error_code::out_of_range,
              "has " + std::to_string(count) + " items; must have at most "
                + std::to_string(max) + '.');
}

const std::string* text_of(const nlohmann::json& from, decode_error& error,
                           std::string_view wanted) {
  auto text = from.get_ptr<const std::string*>();
  if (text == nullptr)
    fail_type(from, error, wanted);
  return text;
}

} // namespace hansom::json::detail
