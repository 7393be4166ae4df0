#pragma once

#include "protocol/client_messages.hpp"

#include <caf/optional.hpp>

#include <charconv>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Appends JSON straight to a string, driven by `HANSOM_RECORD`: no document
/// tree, fixed-point coordinates.
namespace hansom::json {

/// Appends `text` as a JSON string; control characters, quotes and backslashes
/// escaped. `text` must be UTF-8.
void append(std::string& out, std::string_view text);
/// Appends {"lat":40.7313100,"lon":-73.9885260}.
void append(std::string& out, geo_point x);
/// The same without braces: "lat":40.7313100,"lon":-73.9885260.
void append_lat_lon(std::string& out, geo_point x);
void append(std::string& out, currency x);
/// A position report is flat on the wire: lat, lon, time and what is known of
/// accuracy_m, heading_deg and speed_cm_s (zero is left out).
void append_fields(std::string& out, const position_report& x, bool first);
inline void append(std::string& out, const std::string& text) {
  append(out, std::string_view{text});
}
inline void append(std::string& out, const char* text) {
  append(out, std::string_view{text});
}
inline void append(std::string& out, bool x) {
  out += x ? "true" : "false";
}

template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void append(
  std::string& out, T x) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
  out.append(digits, end);
}

inline void append(std::string& out, timestamp x) {
  append(out, x.ms);
}

template <class Tag>
void append(std::string& out, strong_id<Tag> x) {
  out += '"';
  if (x)
    out += to_string(x);
  out += '"';
}

inline void append(std::string& out, entity_ref x) {
  append(out, to_string(x));
}

template <class T>
requires std::is_enum_v<T>
void append(std::string& out, T x) {
  out += '"';
  out += to_string(x);
  out += '"';
}

template <class T>
void append(std::string& out, const std::vector<T>& xs);

template <class T>
concept record = requires(const T& x, void (*f)(const char*, ...)) {
  for_each_field(x, [](const char*, const auto&) {});
};

/// Appends the fields of a record without braces: `"a":1,"b":2`. Optional
/// fields that are empty and ids that are zero are left out.
/// @param first whether nothing precedes them in the object.
template <class T>
void append_fields(std::string& out, const T& x, bool first);

template <record T>
requires(!std::is_same_v<T, geo_point>) void append(std::string& out,
                                                    const T& x) {
  out += '{';
  append_fields(out, x, true);
  out += '}';
}

template <class T>
void append(std::string& out, const std::vector<T>& xs) {
  out += '[';
  bool first = true;
  for (const auto& x : xs) {
    if (!first)
      out += ',';
    first = false;
    append(out, x);
  }
  out += ']';
}

namespace detail {

/// Appends `,"name":` in one step; growing a string byte by byte would cost
/// more than everything else.
inline void append_name(std::string& out, std::string_view name, bool first) {
  char text[64];
  char* at = text;
  if (!first)
    *at++ = ',';
  *at++ = '"';
  at += name.copy(at, sizeof text - 4);
  *at++ = '"';
  *at++ = ':';
  out.append(text, at);
}

template <class T>
bool is_absent(const T&) {
  return false;
}
template <class T>
bool is_absent(const caf::optional<T>& x) {
  return !x;
}
template <class Tag>
bool is_absent(strong_id<Tag> x) {
  return !x;
}
template <class T>
const T& present(const T& x) {
  return x;
}
template <class T>
const T& present(const caf::optional<T>& x) {
  return *x;
}

} // namespace detail

template <class T>
void append_fields(std::string& out, const T& x, bool first) {
  for_each_field(x, [&](const char* name, const auto& field) {
    if (detail::is_absent(field))
      return;
    detail::append_name(out, name, first);
    first = false;
    append(out, detail::present(field));
  });
}

/// @returns `{"type":"<type>", ...fields}`; a frame body for a client.
template <class T>
std::string frame(std::string_view type, const T& x) {
  std::string out;
  out.reserve(640); // A trip's; growing would copy it twice.
  out += "{\"type\":";
  append(out, type);
  append_fields(out, x, false);
  out += '}';
  return out;
}

} // namespace hansom::json
