/// The position scanner: every frame that it takes saves the gateway building
/// a document. It knows only the plain form; whatever looks unusual (escapes,
/// exponents, repeated or unknown fields, anything out of range) it hands to
/// the full decoder by returning 0, so that only one place explains errors.

#include "protocol/json/cursor.hpp"
#include "protocol/json/json.hpp"

namespace hansom {

namespace {

/// Cursor over the frame. Every function returns `false` to give up.
class scanner : json::cursor {
public:
  using cursor::cursor;

  bool frame(position& out) noexcept;

private:
  /// One bit per field, to notice repeated and missing ones.
  enum field : unsigned {
    type = 1,
    points = 2,
    lat = 4,
    lon = 8,
    time = 16,
    accuracy_m = 32,
    heading_deg = 64,
    speed_cm_s = 128,
  };
  static constexpr unsigned point_required = lat | lon | time;

  /// Takes `"name":` and one value, noting the field in `seen`.
  bool member(position_report& point, position* whole, unsigned& seen) noexcept;
  /// Takes the name after its opening quote. @returns 0 when it is unknown.
  field name() noexcept;
  bool value(field x, position_report& point, position* whole) noexcept;
  bool list(position& out) noexcept;
  bool point(position_report& out) noexcept;
  bool small_number(std::uint64_t max, std::uint16_t& out) noexcept;
};

bool scanner::frame(position& out) noexcept {
  if (!take('{'))
    return false;
  position_report single;
  unsigned seen = 0;
  do {
    if (!member(single, &out, seen))
      return false;
  } while (take(','));
  if (!take('}'))
    return false;
  if (!at_end())
    return false;
  if (seen == (type | points))
    return true;
  if ((seen & points) != 0
      || (seen & (type | point_required)) != (type | point_required))
    return false;
  out.points.push_back(single);
  return true;
}

bool scanner::member(position_report& point, position* whole,
                     unsigned& seen) noexcept {
  if (!take('"'))
    return false;
  auto found = name();
  if (found == 0 || (seen & found) != 0 || !take(':'))
    return false;
  seen |= found;
  skip_space();
  return value(found, point, whole);
}

scanner::field scanner::name() noexcept {
  switch (next()) {
  case 't':
    if (take_exactly("time\""))
      return time;
    return take_exactly("type\"") ? type : field{};
  case 'l':
    if (take_exactly("lat\""))
      return lat;
    return take_exactly("lon\"") ? lon : field{};
  case 'a':
    return take_exactly("accuracy_m\"") ? accuracy_m : field{};
  case 'h':
    return take_exactly("heading_deg\"") ? heading_deg : field{};
  case 's':
    return take_exactly("speed_cm_s\"") ? speed_cm_s : field{};
  case 'p':
    return take_exactly("points\"") ? points : field{};
  default:
    return {};
  }
}

bool scanner::value(field x, position_report& point, position* whole) noexcept {
  switch (x) {
  case type:
    return whole != nullptr && take_exactly("\"position\"");
  case points:
    return whole != nullptr && list(*whole);
  case lat:
    return degrees(900'000'000, point.at.lat_e7);
  case lon:
    return degrees(1'800'000'000, point.at.lon_e7);
  case time: {
    std::uint64_t ms = 0;
    if (!whole_number(253'402'300'799'999, ms) || ms == 0)
      return false;
    point.time.ms = static_cast<std::int64_t>(ms);
    return true;
  }
  case accuracy_m:
    return small_number(0xffff, point.accuracy_m);
  case heading_deg:
    return small_number(359, point.heading_deg);
  case speed_cm_s:
    return small_number(0xffff, point.speed_cm_s);
  }
  return false;
}

bool scanner::list(position& out) noexcept {
  if (!take('['))
    return false;
  do {
    if (out.points.size() == position_points_max
        || !point(out.points.emplace_back()))
      return false;
  } while (take(','));
  return take(']');
}

bool scanner::point(position_report& out) noexcept {
  if (!take('{'))
    return false;
  unsigned seen = 0;
  do {
    if (!member(out, nullptr, seen))
      return false;
  } while (take(','));
  return take('}') && (seen & point_required) == point_required;
}

bool scanner::small_number(std::uint64_t max, std::uint16_t& out) noexcept {
  std::uint64_t x = 0;
  if (!whole_number(max, x))
    return false;
  out = static_cast<std::uint16_t>(x);
  return true;
}

} // namespace

int scan_position(std::string_view text, position& out) noexcept {
  out.points.clear();
  if (text.size() > inbound_frame_max)
    return 0;
  return scanner{text}.frame(out) ? 1 : 0;
}

} // namespace hansom
