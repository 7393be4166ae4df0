#pragma once

#include "gateway/http_routes.hpp"
#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"

#include <string>
#include <string_view>

/// What orders of operators have in common. The heavy header of nlohmann/json
/// comes along: include it in .cpp files only.
namespace hansom {

/// What is wrong with a body, where, and what would be right.
std::string body_fault(const decode_error& x, std::string_view expected);

/// Reads the body of an order strictly into a record.
/// @param expected how a good one looks.
/// @returns what is wrong, or an empty text.
template <class T>
std::string read_body(const http_request& request, T& out,
                      std::string_view expected) {
  constexpr std::size_t depth_max = 2;
  nlohmann::json document;
  decode_error error;
  if (json::parse(request.body, depth_max, document, error)
      && json::read(document, out, error, json::reading::strict))
    return {};
  return body_fault(error, expected);
}

/// The same where no body means that all is as usual.
template <class T>
std::string read_optional_body(const http_request& request, T& out,
                               std::string_view expected) {
  return request.body.empty() ? std::string{}
                              : read_body(request, out, expected);
}

/// @returns who gives the order, as events name people: "admin/7".
std::string name_of(const identity& who);

} // namespace hansom
