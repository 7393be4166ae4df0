#include "bench/micro/micro.hpp"
#include "bench/suite/machine.hpp"
#include "bench/suite/ride_bench.hpp"
#include "bench/suite/row_json.hpp"
#include "bench/suite/scene.hpp"
#include "bench/suite/section.hpp"
#include "bench/suite/table.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

using namespace hansom::bench;

namespace {

struct options {
  scene at;
  std::vector<std::string> only;
  std::string profile;
  std::string revision = "unknown";
};

/// bench/run says in the environment, which others cannot read, where empty
/// databases are; nowhere when there is no server.
std::string database(const char* name) {
  const auto* url = std::getenv(name);
  return url ? url : "";
}

std::vector<section> sections(const scene& at) {
  const auto how = at.how;
  const auto disk = at.folder + "/commit";
  return {
    {"messages", 20, [=](auto& to) { measure_messages(to, how); }},
    {"commit", 40,
     [=](auto& to) {
       std::filesystem::remove_all(disk);
       measure_group_commit(to, how, disk);
       std::filesystem::remove_all(disk);
     }},
    {"durable", 120,
     [=](auto& to) {
       std::filesystem::remove_all(disk);
       measure_durable(to, how, disk, database("HANSOM_BENCH_DURABLE"));
       std::filesystem::remove_all(disk);
     }},
    {"recovery", 240,
     [=](auto& to) {
       measure_recovery(to, at, database("HANSOM_BENCH_RECOVERY"));
     }},
    {"assignment", 20, [=](auto& to) { measure_assignment(to, how); }},
    {"functions", 30, [=](auto& to) { measure_functions(to, how); }},
    {"actors", 60, [=](auto& to) { measure_actors(to, how); }},
    {"idle", 60, [=](auto& to) { measure_idle(to, at); }},
    {"console", 180, [=](auto& to) { measure_console(to, at); }},
    {"positions", 120, [=](auto& to) { measure_positions(to, at); }},
    {"rides", 180, [=](auto& to) { measure_rides(to, at); }},
    {"overload", 180, [=](auto& to) { measure_overload(to, at); }},
  };
}

/// Both ends of all connections are on this machine.
void allow_many_descriptors() {
  rlimit x{};
  if (::getrlimit(RLIMIT_NOFILE, &x) == 0) {
    x.rlim_cur = x.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &x);
  }
}

int parse(int argc, char** argv, options& x) {
  CLI::App app{"Measures the parts and the whole; bench/run calls it."};
  app.add_option("--hansom", x.at.hansom, "The program")->required();
  app.add_option("--folder", x.at.folder, "For stores, logs, the report")
    ->required();
  app.add_flag("--quick", x.at.how.quick, "Smaller and shorter");
  app.add_option("--only", x.only, "Sections, by name")->delimiter(',');
  app.add_option("--profile", x.profile, "One section, recorded with perf");
  app.add_option("--revision", x.revision, "Of the source");
  CLI11_PARSE(app, argc, argv);
  if (!x.profile.empty()) {
    x.only = {x.profile};
    x.at.profile = true;
  }
  if (x.at.how.quick)
    x.at.how.seconds = 0.5;
  return 0;
}

void say_verdict(const std::vector<row>& rows,
                 const std::vector<std::string>& failures) {
  std::size_t goals = 0, met = 0;
  for (auto& x : rows)
    if (x.goal != goal_kind::none) {
      ++goals;
      met += x.met();
    }
  std::cout << '\n' << met << " of " << goals << " goals met\n";
  for (auto& x : rows)
    if (!x.met())
      std::cout << "not met: " << x.measure
                << (x.profile.empty() ? "" : "\n  why: " + x.profile) << '\n';
  for (auto& x : failures)
    std::cout << "no figures: " << x << '\n';
}

int measure(const options& with) {
  std::filesystem::create_directories(with.at.folder);
  auto document = nlohmann::json{{"about", about_this_run(with.revision)},
                                 {"quick", with.at.how.quick},
                                 {"rows", nlohmann::json::array()}};
  std::cout << describe(document["about"]) << '\n' << table_head();
  std::vector<row> rows;
  std::vector<std::string> failures;
  for (auto& x : sections(with.at)) {
    if (!with.only.empty()
        && std::find(with.only.begin(), with.only.end(), x.name)
             == with.only.end())
      continue;
    auto why = run(x, [&](const row& r) {
      std::cout << table_line(r) << std::flush;
      document["rows"].push_back(to_json(r));
      rows.push_back(r);
    });
    if (!why.empty())
      failures.push_back(std::move(why));
  }
  document["failures"] = failures;
  const auto file = with.at.folder + "/report.json";
  std::ofstream{file} << document.dump(2) << '\n';
  say_verdict(rows, failures);
  std::cout << "All of it as JSON: " << file << '\n';
  return failures.empty() && !rows.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  options with;
  if (int code = parse(argc, argv, with); code != 0 || with.at.hansom.empty())
    return code; // Help, or what was wrong.
  allow_many_descriptors();
  return measure(with);
}
