#pragma once

#include "protocol/time.hpp"

#include <string>
#include <string_view>

namespace hansom {

/// Parses "250ms", "15s", "3m", "2h", "7d": one whole number and one unit.
/// @returns `false`, leaving `out` alone, for anything else.
bool parse_duration(std::string_view text, milliseconds& out) noexcept;

/// The shortest exact form: 90'000 ms is "90s", 120'000 ms is "2m".
std::string duration_text(milliseconds x);

} // namespace hansom
