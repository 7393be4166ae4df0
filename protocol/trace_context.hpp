#pragma once

#include "protocol/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hansom {

/// A place in a trace, as it travels with messages between actors and nodes:
/// three words, all zero when nobody records. Whether a piece of work is
/// recorded is decided once, where it comes in; what is not recorded carries
/// nothing.
struct trace_context {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0; ///< 0: not recorded.

  explicit operator bool() const noexcept {
    return span != 0;
  }
  friend auto operator<=>(const trace_context&, const trace_context&) = default;
};
HANSOM_RECORD(trace_context, trace_high, trace_low, span)

/// What a client said of its own trace (W3C Trace Context).
struct traceparent {
  trace_context at;     ///< Zero: it said nothing.
  bool sampled = false; ///< Whether it records on its side.

  explicit operator bool() const noexcept {
    return static_cast<bool>(at);
  }
};

/// Longest text that is looked at: later versions may append fields.
inline constexpr std::size_t traceparent_max = 128;

/// Reads "00-<32 hex>-<16 hex>-<2 hex>" in lower case, or a later version that
/// begins in the same way.
/// @returns `false`, leaving `out` alone, for anything else.
bool parse_traceparent(std::string_view text, traceparent& out) noexcept;

/// @returns the text of version 00.
std::string to_text(const traceparent& x);

/// @returns 32 hex digits.
std::string trace_text(const trace_context& x);
/// @returns 16 hex digits.
std::string span_text(std::uint64_t span);

} // namespace hansom
