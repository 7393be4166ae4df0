#include "protocol/json/writer.hpp"

namespace hansom::json {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

constexpr bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escaped(std::string& out, char c) {
  out += '\\';
  switch (c) {
  case '"':
  case '\\':
    out += c;
    return;
  case '\n':
    out += 'n';
    return;
  case '\t':
    out += 't';
    return;
  case '\r':
    out += 'r';
    return;
  default:
    out += "u00";
    out += hex_digits[static_cast<unsigned char>(c) >> 4];
    out += hex_digits[c & 15];
  }
}

/// Writes `x` / 10^7 with all seven decimals: exact, and faster than a double.
char* write_e7(char* at, std::int32_t x) noexcept {
  auto rest = static_cast<std::uint32_t>(x);
  if (x < 0) {
    *at++ = '-';
    rest = 0 - rest;
  }
  at = std::to_chars(at, at + 3, rest / 10'000'000).ptr;
  *at = '.';
  rest %= 10'000'000;
  for (int i = 7; i > 0; --i, rest /= 10)
    at[i] = static_cast<char>('0' + rest % 10);
  return at + 8;
}

char* write(char* at, std::string_view text) noexcept {
  return at + text.copy(at, text.size());
}

} // namespace

void append(std::string& out, std::string_view text) {
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (needs_escape(text[i])) {
      out.append(text, done, i - done);
      append_escaped(out, text[i]);
      done = i + 1;
    }
  out.append(text, done);
  out += '"';
}

void append_lat_lon(std::string& out, geo_point x) {
  char text[48];
  auto at = write(text, "\"lat\":");
  at = write_e7(at, x.lat_e7);
  at = write(at, ",\"lon\":");
  at = write_e7(at, x.lon_e7);
  out.append(text, at);
}

void append(std::string& out, geo_point x) {
  out += '{';
  append_lat_lon(out, x);
  out += '}';
}

void append(std::string& out, currency x) {
  const char text[] = {'"', static_cast<char>(x.packed >> 16 & 0xff),
                       static_cast<char>(x.packed >> 8 & 0xff),
                       static_cast<char>(x.packed & 0xff), '"'};
  out.append(text, sizeof text);
}

void append_fields(std::string& out, const position_report& x, bool first) {
  if (!first)
    out += ',';
  append_lat_lon(out, x.at);
  out += ",\"time\":";
  append(out, x.time);
  const auto number = [&out](const char* name, std::uint16_t value) {
    if (value == 0)
      return;
    out += name;
    append(out, value);
  };
  number(",\"accuracy_m\":", x.accuracy_m);
  number(",\"heading_deg\":", x.heading_deg);
  number(",\"speed_cm_s\":", x.speed_cm_s);
}

} // namespace hansom::json
