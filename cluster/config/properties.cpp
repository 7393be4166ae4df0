#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

#include <algorithm>

namespace hansom {

namespace config {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (auto c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

const std::string* text_of(const raw_value& x) {
  if (auto* s = std::get_if<std::string>(&x.what))
    return s;
  return x.untyped ? &x.text : nullptr;
}

} // namespace config

namespace {

std::vector<property> all_properties() {
  using namespace config;
  std::vector<property> out;
  node_properties(out);
  tracing_properties(out);
  store_properties(out);
  retention_properties(out);
  redis_properties(out);
  cluster_properties(out);
  auth_properties(out);
  gateway_properties(out);
  trip_properties(out);
  position_properties(out);
  matching_properties(out);
  money_properties(out);
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

} // namespace

const std::vector<property>& properties() {
  static const std::vector<property> all = all_properties();
  return all;
}

const property* find_property(std::string_view key) {
  for (auto& p : properties())
    if (p.key == key)
      return &p;
  return nullptr;
}

std::string nearest_key(std::string_view wrong) {
  auto name = [](std::string_view key) {
    return key.substr(key.rfind('.') + 1);
  };
  std::string best;
  auto least = std::max<std::size_t>(wrong.size() / 3, 2) + 1;
  for (auto& p : properties()) {
    // The right name in the wrong section is as near as a typing error.
    auto d = name(p.key) == name(wrong) ? 1 : edit_distance(wrong, p.key);
    if (d < least) {
      least = d;
      best = p.key;
    }
  }
  return best;
}

} // namespace hansom
