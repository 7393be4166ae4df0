#pragma once

/// Fills any record with seeded random values, each legal for a client to
/// send, and compares records by CAF's own view of their fields: so that the
/// JSON code is not its own judge.

#include "protocol/client_messages.hpp"

#include <caf/deep_to_string.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::test {

class sampler {
public:
  explicit sampler(std::uint64_t seed) : random_{seed} {
  }

  std::uint64_t below(std::uint64_t n) {
    return random_() % n;
  }

  template <class T>
  T make() {
    T out{};
    fill(out, "");
    return out;
  }

private:
  template <class T>
  void fill(T& x, std::string_view name) {
    if constexpr (std::is_same_v<T, bool>)
      x = below(2) == 1;
    else if constexpr (std::is_enum_v<T>)
      x = static_cast<T>(below(4)); // Every enum has at least four values.
    else if constexpr (std::is_integral_v<T>)
      x = name == "stars"         ? static_cast<T>(1 + below(5))
          : name == "heading_deg" ? static_cast<T>(below(360))
                                  : static_cast<T>(random_());
    else
      for_each_field(x, [this](const char* field_name, auto& field) {
        fill(field, field_name);
      });
  }

  void fill(std::string& x, std::string_view) {
    static constexpr std::string_view pieces[] = {
      "a", "Z", "7", " ", "\"", "\\", "/", "\u00e9", "\u20ac", "\U0001f695"};
    x.clear();
    for (auto n = 1 + below(16); n > 0; --n)
      x += pieces[below(std::size(pieces))];
  }

  void fill(geo_point& x, std::string_view) {
    x.lat_e7 = static_cast<std::int32_t>(below(1'800'000'001)) - 900'000'000;
    x.lon_e7 = static_cast<std::int32_t>(
      static_cast<std::int64_t>(below(3'600'000'001)) - 1'800'000'000);
  }

  void fill(timestamp& x, std::string_view) {
    x.ms = static_cast<std::int64_t>(1 + below(253'402'300'799'999));
  }

  void fill(currency& x, std::string_view) {
    parse_currency(below(2) == 0 ? "EUR" : "JPY", x);
  }

  template <class Tag>
  void fill(strong_id<Tag>& x, std::string_view) {
    x.value = 1 + random_() / 2;
  }

  void fill(cell_id& x, std::string_view) {
    x.value = (below(6) << 61) | (below(1ULL << 59) << 1) | 1;
  }

  template <class T>
  void fill(caf::optional<T>& x, std::string_view name) {
    x = caf::none;
    if (below(2) == 0)
      return;
    x = T{};
    fill(*x, name);
  }

  template <class T>
  void fill(std::vector<T>& xs, std::string_view name) {
    xs.resize(1 + below(3));
    for (auto& x : xs)
      fill(x, name);
  }

  std::mt19937_64 random_;
};

template <class T>
std::string shown(T x) {
  return caf::deep_to_string(x);
}

} // namespace hansom::test
