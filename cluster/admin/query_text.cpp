#include "cluster/admin/query_text.hpp"

#include "cluster/admin/elsewhere.hpp"

#include <charconv>

namespace hansom {

namespace {

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    auto* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size()
        && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

} // namespace

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    auto eq = item.find('=');
    if (eq != std::string_view::npos && item.substr(0, eq) == name)
      return decoded(item.substr(eq + 1));
  }
  return {};
}

bool asks_here(const http_request& request) {
  return query_value(request.query, "scope") == "here";
}

bool query_number(std::string_view query, std::string_view name,
                  std::size_t low, std::size_t high, std::size_t& out) {
  auto text = query_value(query, name);
  if (text.empty())
    return true;
  std::size_t n = 0;
  auto* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, n);
  if (error != std::errc{} || rest != end || n < low || n > high)
    return false;
  out = n;
  return true;
}

} // namespace hansom
