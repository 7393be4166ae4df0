#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace hansom::json {

/// Walks over JSON text in its plain form, for the decoders that build no
/// document. Every function returns `false` to give up: the text is wrong or
/// only unusual, and the full decoder has to look at it.
class cursor {
public:
  explicit cursor(std::string_view text) noexcept
    : at_{text.data()}, end_{text.data() + text.size()} {
  }

  void skip_space() noexcept {
    while (at_ != end_
           && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
  }

  /// Takes `c`, with space before it.
  bool take(char c) noexcept {
    skip_space();
    if (at_ == end_ || *at_ != c)
      return false;
    ++at_;
    return true;
  }

  bool take_exactly(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < text.size()
        || std::memcmp(at_, text.data(), text.size()) != 0)
      return false;
    at_ += text.size();
    return true;
  }

  /// @returns whether nothing but space is left.
  bool at_end() noexcept {
    skip_space();
    return at_ == end_;
  }

  /// Takes a text of printable ASCII without escapes, with space before it.
  bool plain_text(std::string_view& out) noexcept;

  /// Takes digits; JSON has no leading zeros.
  bool whole_number(std::uint64_t max, std::uint64_t& out) noexcept;

  /// Takes degrees with any number of decimals, rounded to 1e-7.
  bool degrees(std::uint32_t limit_e7, std::int32_t& out) noexcept;

protected:
  [[nodiscard]] char next() const noexcept {
    return at_ == end_ ? '\0' : *at_;
  }

private:
  static bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
  }
  bool decimals(std::uint64_t& units) noexcept;

  const char* at_;
  const char* end_;
};

} // namespace hansom::json
