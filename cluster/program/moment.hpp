#pragma once

#include "protocol/time.hpp"

#include <string>

namespace hansom {

/// Reads "2026-11-22T21:30:00Z", or "10m" for ten minutes before `now`.
/// @returns `false` when it is neither.
bool parse_moment(const std::string& text, timestamp now, timestamp& out);

/// @returns "2026-11-22T21:30:00Z"; the milliseconds are left out.
std::string moment_text(timestamp at);

} // namespace hansom
