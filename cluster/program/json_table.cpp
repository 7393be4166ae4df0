#include "cluster/program/json_table.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <ostream>

namespace hansom {

using document = nlohmann::json;

std::string cell_text(const document& x) {
  if (x.is_null() || (x.is_string() && x.get_ref<const std::string&>().empty()))
    return "-";
  return x.is_string() ? x.get<std::string>() : x.dump();
}

std::string branch_text(const document& x) {
  auto actor = x.value("actor", "");
  if (!actor.empty())
    return x.contains("below") ? actor + " of " + x.value("below", "") : actor;
  auto node = x.value("node", "");
  return x.value("group", "") + (node.empty() ? "" : " (" + node + ")");
}

std::vector<std::vector<std::string>>
rows_of(const document& items, const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> rows;
  for (auto& item : items) {
    std::vector<std::string> row;
    row.reserve(names.size());
    for (auto& name : names)
      row.push_back(item.contains(name) ? cell_text(item[name]) : "-");
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_object(std::ostream& out, const document& x, int depth) {
  std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  for (auto& [name, value] : x.items()) {
    if (value.is_object()) {
      out << indent << name << '\n';
      print_object(out, value, depth + 1);
    } else if (value.is_array() && !value.empty() && value[0].is_object()) {
      out << indent << name << '\n';
      for (auto& item : value)
        out << indent << "  " << item.dump() << '\n';
    } else {
      out << indent << name << "  " << cell_text(value) << '\n';
    }
  }
}

std::string time_text(std::int64_t ms) {
  constexpr std::int64_t day = 86'400'000;
  auto t = ((ms % day) + day) % day;
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d",
                static_cast<int>(t / 3'600'000),
                static_cast<int>(t / 60'000 % 60),
                static_cast<int>(t / 1000 % 60), static_cast<int>(t % 1000));
  return text;
}

} // namespace hansom
