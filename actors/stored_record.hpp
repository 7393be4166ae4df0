#pragma once

/// Brings nlohmann/json along: include it in .cpp files only.

#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace hansom {

/// Reads a record that we have stored, perhaps by another version: unknown
/// fields are skipped, absent ones keep their default.
/// @returns `false`, leaving `out` alone, when the text is no such record;
///          `why` then says what is wrong and where.
template <class Record>
bool decode_stored(std::string_view text, Record& out, std::string& why) {
  nlohmann::json document;
  decode_error error;
  Record x;
  if (json::parse(text, json_depth_max, document, error)
      && json::read(document, x, error)) {
    out = std::move(x);
    return true;
  }
  why =
    error.where.empty() ? error.message : error.where + ": " + error.message;
  return false;
}

} // namespace hansom
