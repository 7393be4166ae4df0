#pragma once

#include "protocol/json/json.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace hansom::json {

/// Parses one JSON text into a document, in one pass.
/// @param depth_max how deep objects and lists may nest.
/// @returns whether `out` is set; otherwise `error` names a syntax error with
///          its byte offset, a nesting too deep, or a key that occurs twice.
bool parse(std::string_view text, std::size_t depth_max, nlohmann::json& out,
           decode_error& error);

/// @returns whether `text` is well-formed UTF-8 (no overlong forms, no
///          surrogates, nothing above U+10FFFF).
/// @param bad_at set to the offset of the first byte that is not.
bool is_utf8(std::string_view text, std::size_t& bad_at) noexcept;

} // namespace hansom::json
