#pragma once

#include "protocol/time.hpp"

#include <pqxx/result>

#include <cstdint>
#include <string>

/// Values on their way to a statement and out of its rows.
namespace hansom::store::postgres {

/// Partitions of the journal are made for so many days to come.
inline constexpr int days_ahead = 7;

/// @returns days since 1970-01-01 UTC; partitions carry this number.
inline std::int32_t day_of(timestamp at) {
  constexpr std::int64_t ms_per_day = 86'400'000;
  auto rest = at.ms % ms_per_day;
  return static_cast<std::int32_t>(at.ms / ms_per_day - (rest < 0 ? 1 : 0));
}

/// A number as a parameter; unsigned ones wrap, as BIGINT columns keep them.
template <class T>
std::string written(T x) {
  return std::to_string(static_cast<std::int64_t>(x));
}

/// A list of numbers as a parameter. @param get number of one element.
template <class Range, class Get>
std::string written_array(const Range& all, Get get) {
  std::string out = "{";
  for (auto& x : all)
    out += (out.size() > 1 ? "," : "") + written(get(x));
  return out + '}';
}

inline std::string text(const pqxx::field& x) {
  return {x.c_str(), x.size()};
}

/// @returns 0 for NULL.
inline std::int64_t integer(const pqxx::field& x) {
  return x.is_null() ? 0 : x.as<std::int64_t>();
}

/// @returns 0 for NULL; what `written` wrapped is unwrapped.
inline std::uint64_t natural(const pqxx::field& x) {
  return static_cast<std::uint64_t>(integer(x));
}

} // namespace hansom::store::postgres
