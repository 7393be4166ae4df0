#include "protocol/money.hpp"

namespace hansom {

std::string to_string(currency x) {
  return {static_cast<char>(x.packed >> 16 & 0xff),
          static_cast<char>(x.packed >> 8 & 0xff),
          static_cast<char>(x.packed & 0xff)};
}

bool parse_currency(std::string_view text, currency& out) noexcept {
  if (text.size() != 3)
    return false;
  std::uint32_t packed = 0;
  for (char c : text) {
    if (c < 'A' || c > 'Z')
      return false;
    packed = packed << 8 | static_cast<std::uint32_t>(c);
  }
  out.packed = packed;
  return true;
}

} // namespace hansom
