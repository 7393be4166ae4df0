#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace hansom::store::postgres {

/// What PostgreSQL calls the types that go in arrays here.
template <class T>
inline constexpr std::uint32_t type_number = 0;
template <>
inline constexpr std::uint32_t type_number<bool> = 16;
template <>
inline constexpr std::uint32_t type_number<std::int64_t> = 20;
template <>
inline constexpr std::uint32_t type_number<std::int16_t> = 21;
template <>
inline constexpr std::uint32_t type_number<std::int32_t> = 23;
template <>
inline constexpr std::uint32_t type_number<std::string_view> = 25;

/// Appends a number, its highest byte first.
template <class T>
void append_number(std::string& out, T x) {
  auto bits = static_cast<std::make_unsigned_t<T>>(x);
  for (auto shift = static_cast<int>(sizeof(T) * 8) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(bits >> shift));
}

/// Builds an array parameter in PostgreSQL's binary form: nothing is quoted on
/// this side and nothing parsed on the other.
template <class T>
class array_parameter {
public:
  array_parameter() {
    append_number(bytes_, std::int32_t{1}); // Dimensions.
    append_number(bytes_, std::int32_t{0}); // No nulls.
    append_number(bytes_, static_cast<std::int32_t>(type_number<T>));
    append_number(bytes_, std::int32_t{0}); // Length, known at the end.
    append_number(bytes_, std::int32_t{1}); // Lowest index.
  }

  void push_back(T x) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      append_number(bytes_, static_cast<std::int32_t>(x.size()));
      bytes_ += x;
    } else if constexpr (std::is_same_v<T, bool>) {
      append_number(bytes_, std::int32_t{1});
      bytes_ += x ? '\1' : '\0';
    } else {
      append_number(bytes_, static_cast<std::int32_t>(sizeof(T)));
      append_number(bytes_, x);
    }
    ++size_;
  }

  /// @returns the parameter; the object is used up.
  [[nodiscard]] std::string take() {
    std::string length;
    append_number(length, size_);
    bytes_.replace(12, 4, length);
    if (size_ == 0) { // An empty array has no dimension.
      bytes_.resize(12);
      bytes_[3] = '\0';
    }
    return std::move(bytes_);
  }

private:
  std::string bytes_;
  std::int32_t size_ = 0;
};

} // namespace hansom::store::postgres
