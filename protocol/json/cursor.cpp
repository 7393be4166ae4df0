#include "protocol/json/cursor.hpp"

namespace hansom::json {

bool cursor::plain_text(std::string_view& out) noexcept {
  if (!take('"'))
    return false;
  auto begin = at_;
  for (; at_ != end_ && *at_ != '"'; ++at_)
    if (*at_ < 0x20 || *at_ > 0x7e || *at_ == '\\')
      return false;
  if (at_ == end_)
    return false;
  out = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return true;
}

bool cursor::whole_number(std::uint64_t max, std::uint64_t& out) noexcept {
  // Fifteen digits hold every limit used here and cannot overflow.
  auto begin = at_;
  std::uint64_t x = 0;
  for (; at_ != end_ && is_digit(*at_); ++at_) {
    if (at_ - begin == 15)
      return false;
    x = x * 10 + static_cast<std::uint64_t>(*at_ - '0');
  }
  // JSON has no leading zeros. A fraction or exponent fails at the comma or
  // brace that has to follow.
  if (at_ == begin || (*begin == '0' && at_ - begin > 1) || x > max)
    return false;
  out = x;
  return true;
}

/// Takes the digits after the point and adds them to `units` (1e-7), rounding
/// to the nearest. The full decoder rounds a double: where the two might
/// differ, that is within 2e-6 units of a tie, the scanner gives up.
bool cursor::decimals(std::uint64_t& units) noexcept {
  constexpr int unit_digits = 7;
  constexpr int rest_digits = 6;
  auto begin = at_;
  std::uint32_t fraction = 0;
  std::uint32_t rest = 0;
  for (; at_ != end_ && is_digit(*at_); ++at_) {
    auto digit = static_cast<std::uint32_t>(*at_ - '0');
    if (at_ - begin < unit_digits)
      fraction = fraction * 10 + digit;
    else if (at_ - begin < unit_digits + rest_digits)
      rest = rest * 10 + digit;
  }
  auto count = at_ - begin;
  if (count == 0)
    return false;
  for (auto i = count; i < unit_digits; ++i)
    fraction *= 10;
  units += fraction;
  if (count <= unit_digits)
    return true;
  for (auto i = count; i < unit_digits + rest_digits; ++i)
    rest *= 10;
  if (rest >= 499'998 && rest <= 500'001)
    return false;
  units += rest > 500'000;
  return true;
}

bool cursor::degrees(std::uint32_t limit_e7, std::int32_t& out) noexcept {
  bool negative = at_ != end_ && *at_ == '-';
  if (negative)
    ++at_;
  std::uint64_t units = 0;
  if (!whole_number(180, units))
    return false;
  units *= 10'000'000;
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!decimals(units))
      return false;
  }
  if (units > limit_e7)
    return false;
  auto x = static_cast<std::int64_t>(units);
  out = static_cast<std::int32_t>(negative ? -x : x);
  return true;
}

} // namespace hansom::json
