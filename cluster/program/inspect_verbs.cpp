#include "cluster/admin/admin_client.hpp"
#include "cluster/program/ask.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/verbs.hpp"
#include "protocol/ids.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <map>
#include <thread>

namespace hansom::verbs {

namespace {

using nlohmann::json;

/// A JSON value as a table cell.
std::string cell_text(const json& x) {
  if (x.is_null())
    return "-";
  return x.is_string() ? x.get<std::string>() : x.dump();
}

/// One row per object, one column per name.
std::vector<std::vector<std::string>>
rows_of(const json& items, const std::vector<std::string>& names) {
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

/// A JSON object as indented "name value" lines.
void print_object(std::ostream& out, const json& x, int depth = 0) {
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

std::string list_path(const actor_list_options& with) {
  return "/v1/admin/actors?sort=" + url_encoded(with.sort) + "&limit="
         + std::to_string(with.limit) + "&kind=" + url_encoded(with.kind)
         + "&text=" + url_encoded(with.text);
}

const std::vector<std::string> actor_columns{"actor", "mailbox", "handled",
                                             "age_s", "running", "running_ms"};

/// Shows one object from `path`, as JSON or for reading.
int show(const target_options& with, const std::string& path) {
  json answer;
  if (auto code = ask(with, path, answer); code != exit_done)
    return code;
  if (with.json)
    std::cout << answer.dump(2) << '\n';
  else
    print_object(std::cout, answer);
  return exit_done;
}

void print_totals(const json& now, std::map<std::string, double>& before,
                  double seconds) {
  std::vector<std::vector<std::string>> rows;
  for (auto& x : now) {
    auto kind = x.value("kind", "");
    auto handled = x.value("handled", 0.0);
    auto rate = before.contains(kind) && seconds > 0
                  ? (handled - before[kind]) / seconds
                  : 0;
    before[kind] = handled;
    rows.push_back({kind, cell_text(x["actors"]), cell_text(x["mailbox"]),
                    cell_text(x["mailbox_max"]), cell_text(x["running"]),
                    std::to_string(static_cast<long>(rate))});
  }
  print_table(std::cout,
              {"kind", "actors", "mailbox", "deepest", "running", "messages/s"},
              rows);
}

} // namespace

int actor_ls(const actor_list_options& with) {
  json answer;
  if (auto code = ask(with.target, list_path(with), answer); code != exit_done)
    return code;
  if (with.target.json)
    std::cout << answer["actors"].dump(2) << '\n';
  else
    print_table(std::cout, actor_columns,
                rows_of(answer["actors"], actor_columns));
  return exit_done;
}

int actor_top(const actor_list_options& with, double every_s, int rounds) {
  std::map<std::string, double> before;
  auto screen = ::isatty(STDOUT_FILENO) != 0 && !with.target.json;
  // Into a pipe one table is enough; rates need a second look.
  for (int round = 0; rounds == 0 || round < rounds; ++round) {
    json answer;
    auto code = ask(with.target, list_path(with), answer);
    if (code != exit_done)
      return code;
    if (with.target.json) {
      std::cout << answer.dump() << '\n';
    } else {
      if (screen)
        std::cout << "\033[H\033[2J";
      print_totals(answer["totals"], before, round == 0 ? 0 : every_s);
      std::cout << '\n';
      print_table(std::cout, actor_columns,
                  rows_of(answer["actors"], actor_columns));
      std::cout.flush();
    }
    if (rounds == 0 || round + 1 < rounds)
      std::this_thread::sleep_for(std::chrono::duration<double>{every_s});
  }
  return exit_done;
}

int actor_show(const target_options& with, const std::string& who) {
  entity_ref parsed;
  if (!parse_entity(who, parsed)) {
    std::cerr << "hansom: \"" << who
              << "\" names no actor; write KIND/ID, such as driver/42 or "
                 "trip/00a1b2c3d4e5f607\n";
    return exit_usage;
  }
  return show(with, "/v1/admin/actors/" + to_string(parsed));
}

int cell_ls(const target_options& with) {
  static const std::vector<std::string> columns{
    "cell", "waiting", "free", "busy", "surge_milli", "mailbox"};
  json answer;
  if (auto code = ask(with, "/v1/admin/cells", answer); code != exit_done)
    return code;
  if (with.json)
    std::cout << answer["cells"].dump(2) << '\n';
  else
    print_table(std::cout, columns, rows_of(answer["cells"], columns));
  return exit_done;
}

int cell_show(const target_options& with, const std::string& cell) {
  cell_id parsed;
  if (!parse_id(cell, parsed)) {
    std::cerr << "hansom: \"" << cell
              << "\" is no S2 cell token, such as 89c259\n";
    return exit_usage;
  }
  return show(with, "/v1/admin/actors/cell/" + to_string(parsed));
}

int trip_show(const target_options& with, const std::string& trip) {
  trip_id parsed;
  if (!parse_id(trip, parsed)) {
    std::cerr << "hansom: \"" << trip
              << "\" is no trip id: 16 hexadecimal digits\n";
    return exit_usage;
  }
  return show(with, "/v1/admin/trips/" + to_string(parsed));
}

int trip_why(const target_options& with, const std::string& trip) {
  trip_id parsed;
  if (!parse_id(trip, parsed)) {
    std::cerr << "hansom: \"" << trip
              << "\" is no trip id: 16 hexadecimal digits\n";
    return exit_usage;
  }
  return show(with, "/v1/admin/trips/" + to_string(parsed) + "/why");
}

} // namespace hansom::verbs
