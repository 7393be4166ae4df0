#pragma once

/// Reads JSON documents into plain structs, driven by `HANSOM_RECORD`. The
/// heavy header of nlohmann/json comes along: include it in .cpp files only.

#include "protocol/json/json.hpp"

#include <caf/optional.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hansom::json {

/// How closely a document must follow its record.
enum class reading {
  /// Frames of clients: every field known, every required field there, texts
  /// and lists within the limits that asyncapi.yaml names.
  strict,
  /// Documents written by us, perhaps by an older or a newer version: unknown
  /// fields are skipped, absent ones keep their default.
  tolerant,
};

/// Longest list accepted in a tolerant reading.
inline constexpr std::size_t tolerant_items_max = 4096;
/// Longest text accepted in a tolerant reading, in bytes.
inline constexpr std::size_t tolerant_text_max = 65'536;

/// Fields without `caf::optional` that a client may still leave out.
template <class T>
constexpr bool has_default(const T&, std::string_view) noexcept {
  return false;
}
constexpr bool has_default(const shift_start&, std::string_view name) noexcept {
  return name == "classes";
}

/// Reads `from` into `out`.
/// @param where JSON pointer of `from` in the whole document, for the error.
/// @returns whether it succeeded; otherwise `out` is in part overwritten and
///          `error` says what was wrong, where, and what would be right.
template <class T>
bool read(const nlohmann::json& from, T& out, decode_error& error,
          reading mode = reading::tolerant, std::string where = {});

namespace detail {

// -- errors; each returns false -----------------------------------------------

bool fail(decode_error& error, error_code code, std::string message);
bool fail_type(const nlohmann::json& from, decode_error& error,
               std::string_view wanted);
bool fail_missing(decode_error& error, const char* name);
bool fail_unknown(decode_error& error, std::string_view name,
                  const std::vector<const char*>& known);

/// Puts a field name or index in front of the error's pointer.
void prepend(decode_error& error, std::string_view segment);

// -- leaves -------------------------------------------------------------------

struct integer_range {
  std::int64_t min;
  std::uint64_t max;
};

/// @param name the field's name; some have limits narrower than their type.
integer_range range_of(std::string_view name, integer_range by_type,
                       reading mode) noexcept;

bool read_integer(const nlohmann::json& from, integer_range range,
                  std::uint64_t& out, decode_error& error);
bool read_text(const nlohmann::json& from, std::string_view name,
               std::string& out, decode_error& error, reading mode);
bool read_point(const nlohmann::json& from, geo_point& out, decode_error& error,
                reading mode);
/// Reads the members "lat" and "lon" of an object that may have others.
bool read_lat_lon(const nlohmann::json& from, geo_point& out,
                  decode_error& error);
bool read_report(const nlohmann::json& from, position_report& out,
                 decode_error& error, reading mode, std::size_t extra_fields);
/// @returns how many items a list of that name may have.
std::size_t items_max(std::string_view name, reading mode) noexcept;
bool fail_items(decode_error& error, std::size_t count, std::size_t max);
/// @returns the text of `from`, or null with the error set.
const std::string* text_of(const nlohmann::json& from, decode_error& error,
                           std::string_view wanted);

template <class Tag>
constexpr std::string_view id_form(strong_id<Tag>) noexcept {
  if constexpr (std::is_same_v<Tag, trip_tag> || std::is_same_v<Tag, quote_tag>)
    return "an id of 16 lower-case hex digits, as text";
  else if constexpr (std::is_same_v<Tag, cell_tag>)
    return "an S2 cell token, as text";
  else
    return "a decimal id above 0, as text";
}

// -- one value of any kind ----------------------------------------------------

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<caf::optional<T>> : std::true_type {
  using held = T;
};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_id : std::false_type {};
template <class Tag>
struct is_id<strong_id<Tag>> : std::true_type {};

template <class T>
bool read_value(const nlohmann::json& from, std::string_view name, T& out,
                decode_error& error, reading mode);

/// @param extra_fields members that are not the record's ("type", "id",
///        "traceparent").
template <class T>
bool read_record(const nlohmann::json& from, T& out, decode_error& error,
                 reading mode, std::size_t extra_fields = 0);

template <class T>
bool read_number(const nlohmann::json& from, std::string_view name, T& out,
                 decode_error& error, reading mode) {
  using limits = std::numeric_limits<T>;
  auto range = range_of(name,
                        {static_cast<std::int64_t>(limits::min()),
                         static_cast<std::uint64_t>(limits::max())},
                        mode);
  std::uint64_t raw = 0;
  if (!read_integer(from, range, raw, error))
    return false;
  out = static_cast<T>(raw);
  return true;
}

template <class T>
bool read_id(const nlohmann::json& from, T& out, decode_error& error) {
  auto text = text_of(from, error, id_form(out));
  if (text == nullptr)
    return false;
  if (!parse_id(*text, out))
    return fail(error, error_code::out_of_range,
                "must be " + std::string{id_form(out)} + '.');
  return true;
}

template <class T>
std::string enum_names() {
  std::string out;
  for (int i = 0; i < 256; ++i) {
    auto name = to_string(static_cast<T>(i));
    T back{};
    if (!parse(name, back))
      break;
    out += (i == 0 ? "" : ", ") + name;
  }
  return out;
}

template <class T>
bool read_enum(const nlohmann::json& from, T& out, decode_error& error) {
  auto text = text_of(from, error, "a name, as text");
  if (text == nullptr)
    return false;
  if (!parse(*text, out))
    return fail(error, error_code::out_of_range,
                "must be one of " + enum_names<T>() + '.');
  return true;
}

template <class T>
bool read_list(const nlohmann::json& from, std::string_view name,
               std::vector<T>& out, decode_error& error, reading mode) {
  if (!from.is_array())
    return fail_type(from, error, "a list");
  if (auto max = items_max(name, mode); from.size() > max)
    return fail_items(error, from.size(), max);
  out.clear();
  out.reserve(from.size());
  for (const auto& item : from)
    if (!read_value(item, name, out.emplace_back(), error, mode)) {
      prepend(error, std::to_string(out.size() - 1));
      return false;
    }
  return true;
}

template <class T>
bool read_value(const nlohmann::json& from, std::string_view name, T& out,
                decode_error& error, reading mode) {
  if constexpr (is_optional<T>::value) {
    out = typename is_optional<T>::held{};
    return read_value(from, name, *out, error, mode);
  } else if constexpr (is_vector<T>::value) {
    return read_list(from, name, out, error, mode);
  } else if constexpr (is_id<T>::value) {
    return read_id(from, out, error);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!from.is_boolean())
      return fail_type(from, error, "true or false");
    out = from.get<bool>();
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    return read_enum(from, out, error);
  } else if constexpr (std::is_integral_v<T>) {
    return read_number(from, name, out, error, mode);
  } else if constexpr (std::is_same_v<T, timestamp>) {
    return read_number(from, name, out.ms, error, mode);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return read_text(from, name, out, error, mode);
  } else if constexpr (std::is_same_v<T, geo_point>) {
    return read_point(from, out, error, mode);
  } else if constexpr (std::is_same_v<T, currency>) {
    auto text = text_of(from, error, "a currency, as text");
    return text != nullptr
           && (parse_currency(*text, out)
               || fail(error, error_code::out_of_range,
                       "must be three capital letters, such as USD."));
  } else if constexpr (std::is_same_v<T, entity_ref>) {
    auto text = text_of(from, error, "an entity, as text");
    return text != nullptr
           && (parse_entity(*text, out)
               || fail(error, error_code::out_of_range,
                       "must be KIND/ID, such as driver/42."));
  } else if constexpr (std::is_same_v<T, position_report>) {
    return read_report(from, out, error, mode, 0);
  } else {
    return read_record(from, out, error, mode);
  }
}

template <class T>
bool read_field(const nlohmann::json& from, const char* name, T& field,
                decode_error& error, reading mode, bool may_be_absent,
                std::size_t& found) {
  auto member = from.find(name);
  // Absent and null mean the same to many client libraries.
  const bool there = member != from.end();
  found += there;
  if (!there || (is_optional<T>::value && member->is_null())) {
    if (is_optional<T>::value || may_be_absent || mode == reading::tolerant)
      return true;
    return fail_missing(error, name);
  }
  if (read_value(*member, name, field, error, mode))
    return true;
  prepend(error, name);
  return false;
}

template <class T>
bool read_record(const nlohmann::json& from, T& out, decode_error& error,
                 reading mode, std::size_t extra_fields) {
  if (!from.is_object())
    return fail_type(from, error, "an object");
  bool good = true;
  std::size_t found = extra_fields;
  for_each_field(out, [&](const char* name, auto& field) {
    good = good
           && read_field(from, name, field, error, mode, has_default(out, name),
                         found);
  });
  if (!good || mode == reading::tolerant || found == from.size())
    return good;
  std::vector<const char*> known;
  for_each_field(out, [&](const char* name, auto&) { known.push_back(name); });
  for (const auto& member : from.items()) {
    bool is_known = extra_fields > 0
                    && (member.key() == "type" || member.key() == "id"
                        || member.key() == "traceparent");
    for (auto name : known)
      is_known = is_known || member.key() == name;
    if (!is_known)
      return fail_unknown(error, member.key(), known);
  }
  return true;
}

} // namespace detail

template <class T>
bool read(const nlohmann::json& from, T& out, decode_error& error, reading mode,
          std::string where) {
  error.where.clear();
  if (detail::read_value(from, {}, out, error, mode))
    return true;
  error.where.insert(0, where);
  return false;
}

} // namespace hansom::json
