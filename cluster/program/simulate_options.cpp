#include "cluster/program/simulate_options.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace hansom {

namespace {

/// What the command line gives as text and the simulation wants parsed.
struct simulate_texts {
  std::string demand = "city";
  std::string hours;
  std::string columns;
  std::string unit;
};

void take_over(const simulate_texts& texts, simulate::simulate_options& x) {
  if (texts.demand != "city")
    x.demand.path = texts.demand;
  if (!texts.hours.empty())
    x.hours = fleet::parse_hours(texts.hours);
  if (!texts.columns.empty())
    x.demand.columns = fleet::parse_columns(texts.columns);
  if (!texts.unit.empty())
    x.demand.unit = fleet::parse_time_unit(texts.unit);
}

} // namespace

CLI::App* add_simulate(CLI::App& root, simulate::simulate_options& x) {
  auto* app = root.add_subcommand(
    "simulate", "A whole city on a virtual clock: the same seed, the same "
                "output.\n"
                "  hansom simulate --demand trips.csv.gz --drivers 2000 "
                "--hours 20-21 --compare");
  auto texts = std::make_shared<simulate_texts>();
  app
    ->add_option("--demand", texts->demand,
                 "\"city\" for made-up demand, or a CSV of trips, plain or "
                 ".gz")
    ->capture_default_str();
  app->add_option("--columns", texts->columns,
                  "Columns of the CSV, such as pickup_lat=pu_lat");
  app->add_option("--time-unit", texts->unit,
                  "Of the CSV: minutes, seconds, rfc3339, epoch");
  app->add_option("--hours", texts->hours, "Part of the day, such as 20-21");
  app->add_option("--drivers", x.drivers)->capture_default_str();
  app->add_option("--seed", x.seed)->capture_default_str();
  app
    ->add_option("--accept", x.accept,
                 "Probability that a driver takes an offer")
    ->check(CLI::Range(0.0, 1.0))
    ->capture_default_str();
  app->add_flag("--compare", x.compare, "All policies, against the first");
  app->add_flag("--json", x.json);
  app->callback([&x, texts] { take_over(*texts, x); });
  return app;
}

} // namespace hansom
