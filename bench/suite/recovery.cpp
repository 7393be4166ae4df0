#include "bench/micro/open_trips.hpp"
#include "bench/micro/timing.hpp"
#include "bench/suite/scene.hpp"
#include "persistence/postgres/postgres.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace hansom::bench {

namespace {

constexpr double seconds_allowed = 5;

/// @returns seconds from the start of the program until it takes clients.
double serve_again(const scene& at, const std::vector<std::string>& set,
                   std::uint64_t wanted, std::string& note) {
  const auto from = wall_seconds();
  auto node = at.start_again(set);
  const auto took = wall_seconds() - from;
  const metrics x{node->get("/metrics")};
  const auto trips = x.of("hansom_actors{kind=\"trip\"}");
  if (trips < static_cast<double>(wanted))
    throw std::runtime_error{"only " + std::to_string(trips)
                             + " trips came back"};
  note = std::to_string(static_cast<int>(trips))
         + " trips and as many drivers, "
         + std::to_string(static_cast<int>(node->memory() / 1048576)) + " MiB";
  return took;
}

void say(const report& to, const std::string& name, double took,
         const std::string& note) {
  row out;
  out.measure = name + ": from the start until clients are taken";
  out.unit = "s";
  out.value = took;
  out.goal = goal_kind::at_most;
  out.limit = seconds_allowed;
  out.note = note;
  to(out);
}

} // namespace

void measure_recovery(const report& to, const scene& at,
                      const std::string& postgres_url) {
  const std::uint64_t trips = at.how.quick ? 20'000 : 100'000;
  std::string note;
  std::filesystem::remove_all(at.data());
  std::filesystem::create_directories(at.data());
  fill_with_open_trips(*store::make_sqlite(at.data()), trips);
  auto took = serve_again(at, {}, trips, note);
  say(to, "SQLite", took, note);
  if (postgres_url.empty())
    return;
  store::postgres_options with;
  with.url = postgres_url;
  store::migrate_postgres(with);
  fill_with_open_trips(*store::make_postgres(with), trips);
  // The node finds its server by a file: a command line is for all to read.
  const auto file = at.folder + "/postgres-url";
  std::ofstream{file} << postgres_url << '\n';
  ::chmod(file.c_str(), 0600);
  took = serve_again(
    at, {"store.engine=postgresql", "store.postgres_url_file=" + file}, trips,
    note);
  std::filesystem::remove(file);
  say(to, "PostgreSQL", took, note);
}

} // namespace hansom::bench
