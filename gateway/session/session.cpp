#include "gateway/session/session.hpp"

#include <charconv>

namespace hansom {

namespace {

void append_hex(std::string& out, std::uint64_t x) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4)
    out += digits[(x >> shift) & 15];
}

bool parse_hex(std::string_view text, std::uint64_t& out) noexcept {
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, out, 16);
  return error == std::errc{} && at == end;
}

} // namespace

std::string session_text(const session& x) {
  std::string result;
  result.reserve(32);
  append_hex(result, x.ref.session);
  append_hex(result, x.secret);
  return result;
}

bool parse_session(std::string_view text, std::uint64_t& id,
                   std::uint64_t& secret) noexcept {
  return text.size() == 32 && text.find('-') == std::string_view::npos
         && parse_hex(text.substr(0, 16), id)
         && parse_hex(text.substr(16), secret);
}

} // namespace hansom
