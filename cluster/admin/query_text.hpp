#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hansom {

/// @returns the percent-decoded value of `name` in "a=1&b=2"; empty when it is
///          not there.
std::string query_value(std::string_view query, std::string_view name);

/// Reads a whole number, leaving `out` alone when `name` is not there.
/// @returns `false` when the value is no number from `low` to `high`.
bool query_number(std::string_view query, std::string_view name,
                  std::size_t low, std::size_t high, std::size_t& out);

} // namespace hansom
