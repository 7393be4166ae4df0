#include "cluster/admin/admin_client.hpp"
#include "cluster/program/actor_list.hpp"
#include "cluster/program/ask.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/json_table.hpp"
#include "cluster/program/names.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;

const std::vector<std::string> actor_columns{
  "actor",   "state", "mailbox", "rate",       "busy_pct", "handled",
  "mean_us", "age_s", "running", "running_ms", "parent"};

void say_matched(const document& answer, std::size_t shown) {
  if (auto matched = answer.value("matched", shown); matched > shown)
    std::cerr << shown << " of " << matched << "; more with --limit\n";
  for (auto& x : answer.value("silent_nodes", document::array()))
    std::cerr << "Without node " << cell_text(x) << ", which did not answer.\n";
}

/// Shows one object from `path`, as JSON or for reading.
int show(const target_options& with, const std::string& path) {
  document answer;
  if (auto code = ask(with, path, answer); code != exit_done)
    return code;
  if (with.json)
    std::cout << answer.dump(2) << '\n';
  else
    print_object(std::cout, answer);
  return exit_done;
}

} // namespace

std::string list_path(const actor_list_options& with) {
  std::string path = "/v1/admin/actors?sort=" + url_encoded(with.sort)
                     + "&limit=" + std::to_string(with.limit);
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      path += '&' + std::string{name} + '=' + url_encoded(value);
  };
  add("kind", with.kind);
  add("cell", with.cell);
  add("shard", with.shard);
  add("node", with.node);
  add("state", with.state);
  add("text", with.text);
  return path;
}

void print_actors(std::ostream& out, const nlohmann::json& answer) {
  print_table(out, actor_columns, rows_of(answer["actors"], actor_columns));
}

int actor_ls(const actor_list_options& with) {
  document answer;
  if (auto code = ask(with.target, list_path(with), answer); code != exit_done)
    return code;
  if (with.target.json) {
    std::cout << answer["actors"].dump(2) << '\n';
    return exit_done;
  }
  print_actors(std::cout, answer);
  say_matched(answer, answer["actors"].size());
  return exit_done;
}

int actor_show(const target_options& with, const std::string& who) {
  entity_ref parsed;
  if (!read_actor(who, parsed))
    return exit_usage;
  auto code = show(with, "/v1/admin/actors/" + to_string(parsed));
  if (code == exit_not_found && parsed.kind == entity_kind::trip)
    std::cerr << "  What the store has of it:  hansom trip show "
              << to_string(trip_id{parsed.id}) << '\n';
  else if (code == exit_not_found)
    std::cerr << "  Who is:  hansom actor ls --kind " << to_string(parsed.kind)
              << '\n';
  return code;
}

namespace {

/// What a list of cells does not have.
void say_rest(const document& answer) {
  if (auto more = answer.value("more", 0); more > 0)
    std::cerr << "and " << more << " cells more, which were not asked\n";
  auto silent = answer.value("silent", document::array());
  if (!silent.empty())
    std::cerr << silent.size() << " cells did not answer in time, such as "
              << cell_text(silent[0]) << '\n';
}

} // namespace

int cell_ls(const target_options& with) {
  static const std::vector<std::string> columns{
    "cell", "waiting", "free", "busy", "surge_milli", "mailbox"};
  document answer;
  if (auto code = ask(with, "/v1/admin/cells", answer); code != exit_done)
    return code;
  if (with.json) {
    std::cout << answer["cells"].dump(2) << '\n';
    return exit_done;
  }
  print_table(std::cout, columns, rows_of(answer["cells"], columns));
  say_rest(answer);
  return exit_done;
}

int cell_show(const target_options& with, const std::string& cell) {
  cell_id parsed;
  return read_cell(cell, parsed)
           ? show(with, "/v1/admin/actors/cell/" + to_string(parsed))
           : exit_usage;
}

namespace {

std::string eta_text(std::int64_t s) {
  return s <= 0 ? "-"
                : std::to_string(s / 60) + "m" + (s % 60 < 10 ? "0" : "")
                    + std::to_string(s % 60) + "s";
}

/// Seconds of pickup, one decimal.
std::string cost_text(const document& x) {
  auto ms = x.value("cost", std::int64_t{0});
  if (ms == 0)
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(ms) / 1000);
  return text;
}

void print_why(const document& x) {
  std::cout << "Trip " << cell_text(x["trip"]) << " (" << cell_text(x["phase"])
            << ", driver " << cell_text(x["assigned_driver"]) << "), round "
            << cell_text(x["round"]) << " of cell " << cell_text(x["cell"])
            << " at " << time_text(x.value("at", std::int64_t{0})) << ": "
            << cell_text(x["waiting"]) << " requests, "
            << cell_text(x["free_drivers"]) << " candidates, policy "
            << cell_text(x["policy"]) << ", its round number "
            << cell_text(x["rounds"]) << ".\n\n";
  std::vector<std::vector<std::string>> rows;
  for (auto& d : x["drivers"]) {
    auto gate = cell_text(d["why"]);
    rows.push_back({cell_text(d["driver"]), cell_text(d["verdict"]),
                    gate == "none" ? "-" : gate, cost_text(d),
                    eta_text(d.value("eta_s", std::int64_t{0})),
                    cell_text(d["distance_m"]) + " m"});
  }
  print_table(std::cout,
              {"driver", "verdict", "gate", "cost_s", "ETA", "distance"}, rows);
  std::string removed;
  for (auto& r : x.value("removed", document::array()))
    removed += (removed.empty() ? "" : ", ") + cell_text(r["drivers"]) + " by "
               + cell_text(r["why"]);
  std::cout << "\nRemoved by gates: " << (removed.empty() ? "none" : removed)
            << ". Not listed: " << cell_text(x["omitted"]) << ".\n";
}

} // namespace

int trip_ls(const trip_list_options& with) {
  static const std::vector<std::string> columns{
    "trip", "phase", "cell", "rider", "driver", "age_s", "mailbox", "rate"};
  auto path = "/v1/admin/trips?sort=age&limit=" + std::to_string(with.limit)
              + "&phase=" + url_encoded(with.phase) + "&cell="
              + url_encoded(with.cell) + "&rider=" + url_encoded(with.rider)
              + "&driver=" + url_encoded(with.driver);
  document answer;
  if (auto code = ask(with.target, path, answer); code != exit_done)
    return code;
  if (with.target.json) {
    std::cout << answer["trips"].dump(2) << '\n';
    return exit_done;
  }
  print_table(std::cout, columns, rows_of(answer["trips"], columns));
  say_matched(answer, answer["trips"].size());
  return exit_done;
}

int trip_show(const target_options& with, const std::string& trip) {
  trip_id parsed;
  return read_trip(trip, parsed)
           ? show(with, "/v1/admin/trips/" + to_string(parsed))
           : exit_usage;
}

int trip_why(const target_options& with, const std::string& trip) {
  trip_id parsed;
  if (!read_trip(trip, parsed))
    return exit_usage;
  document answer;
  if (auto code =
        ask(with, "/v1/admin/trips/" + to_string(parsed) + "/why", answer);
      code != exit_done)
    return code;
  if (with.json)
    std::cout << answer.dump(2) << '\n';
  else
    print_why(answer);
  return exit_done;
}

} // namespace hansom::verbs
