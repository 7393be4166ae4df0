#include "protocol/trace_context.hpp"

namespace hansom {

namespace {

constexpr std::size_t version_00_size = 55;

/// @returns `false` unless all of `text` is lower-case hex.
bool read_hex(std::string_view text, std::uint64_t& out) noexcept {
  out = 0;
  for (char c : text) {
    auto digit = c >= '0' && c <= '9'   ? c - '0'
                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                        : -1;
    if (digit < 0)
      return false;
    out = out << 4 | static_cast<std::uint64_t>(digit);
  }
  return true;
}

void append_hex(std::string& out, std::uint64_t x, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    out += "0123456789abcdef"[x >> shift & 15];
}

} // namespace

bool parse_traceparent(std::string_view text, traceparent& out) noexcept {
  if (text.size() < version_00_size || text.size() > traceparent_max
      || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return false;
  std::uint64_t version = 0, flags = 0;
  trace_context at;
  if (!read_hex(text.substr(0, 2), version)
      || !read_hex(text.substr(3, 16), at.trace_high)
      || !read_hex(text.substr(19, 16), at.trace_low)
      || !read_hex(text.substr(36, 16), at.span)
      || !read_hex(text.substr(53, 2), flags))
    return false;
  // 255 is forbidden; version 0 ends here, later ones may go on after a dash.
  if (version == 255 || (at.trace_high | at.trace_low) == 0 || at.span == 0
      || (text.size() > version_00_size
          && (version == 0 || text[version_00_size] != '-')))
    return false;
  out = {at, (flags & 1) != 0};
  return true;
}

std::string to_text(const traceparent& x) {
  return "00-" + trace_text(x.at) + '-' + span_text(x.at.span)
         + (x.sampled ? "-01" : "-00");
}

std::string trace_text(const trace_context& x) {
  std::string out;
  append_hex(out, x.trace_high, 16);
  append_hex(out, x.trace_low, 16);
  return out;
}

std::string span_text(std::uint64_t span) {
  std::string out;
  append_hex(out, span, 16);
  return out;
}

} // namespace hansom
