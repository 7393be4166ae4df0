#include "cluster/program/fleet_options.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

namespace hansom {

namespace {

/// What the command line gives as text and the fleet wants parsed.
struct fleet_texts {
  std::vector<std::string> urls;
  std::string hours;
  std::string columns;
  std::string unit;
};

void add_demand(CLI::App& app, fleet::fleet_options& x, fleet_texts& texts) {
  app
    .add_option("--demand", x.demand,
                "\"city\" for made-up demand, or a CSV of trips, plain or .gz")
    ->capture_default_str();
  app.add_option(
    "--columns", texts.columns,
    "Columns of the CSV, such as pickup_lat=pu_lat,time=start_min");
  app.add_option("--time-unit", texts.unit,
                 "Of the CSV's time column: minutes, seconds, rfc3339, epoch");
  app.add_option("--hours", texts.hours, "Part of the day, such as 20-21");
  app
    .add_option("--requests-per-hour", x.city.requests_per_hour,
                "Of made-up demand, mean over the day")
    ->capture_default_str();
  app
    .add_option("--radius", x.city.radius_m,
                "Of the made-up city, metres; a small one has short rides")
    ->capture_default_str();
  app.add_option("--seed", x.seed, "Every run with it is the same demand")
    ->capture_default_str();
}

void add_mischief(CLI::App& app, fleet::mischief& x) {
  auto probability = [&](const char* name, double& at, const char* help) {
    app.add_option(name, at, help)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group("What goes wrong, each a probability");
  };
  probability("--decline", x.decline, "Per offer");
  probability("--ignore", x.ignore, "Per offer: no answer at all");
  probability("--driver-cancel", x.driver_cancel, "Per assignment");
  probability("--rider-cancel", x.rider_cancel, "Per request");
  probability("--off-net", x.off_net, "Per client and simulated minute");
  probability("--teleport", x.teleport, "Per position");
  probability("--duplicate", x.duplicate, "Per message");
  probability("--reorder", x.reorder, "Per message");
}

void add_movement(CLI::App& app, fleet::fleet_options& x) {
  app
    .add_option("--compression", x.compression,
                "Simulated seconds per real second")
    ->check(CLI::Range(0.1, 100.0))
    ->capture_default_str();
  app.add_option("--speed", x.speed_m_s, "Drivers' mean speed, m/s")
    ->capture_default_str();
  app.add_option("--position-every", x.position_every_s, "Simulated seconds")
    ->capture_default_str();
  app.add_option("--road-nodes", x.road_nodes,
                 "CSV of road nodes; drivers keep to the roads");
  app.add_option("--road-links", x.road_links, "CSV of road links");
  app.add_option("--road-seconds", x.road_seconds, "Column of the links")
    ->capture_default_str();
}

} // namespace

CLI::App* add_fleet_run(CLI::App& group, fleet::fleet_options& x) {
  auto* app = group.add_subcommand(
    "run", "Drive simulated drivers and riders against a running system.\n"
           "  hansom fleet run --drivers 200 --riders 400 --duration 60\n"
           "Prints the seed first and the verdict last; exit code 1 when an "
           "invariant is broken.");
  // A script's flags can be changed by adding others behind them.
  app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  auto texts = std::make_shared<fleet_texts>();
  app
    ->add_option("--url", texts->urls,
                 "The system's websocket (" + x.url
                   + "); again for each of its nodes")
    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--dev-key-file", x.dev_key_file,
                  "The node's development key: DATA/dev.key");
  app->add_option("--drivers", x.drivers)->capture_default_str();
  app->add_option("--riders", x.riders)->capture_default_str();
  app->add_option("--threads", x.threads)
    ->check(CLI::Range(1, 64))
    ->capture_default_str();
  app->add_option("--connects-per-s", x.connects_per_s)->capture_default_str();
  app->add_option("--storm", x.storm_s,
                  "Everybody drops off at once, so many seconds after the "
                  "demand began; all must be back within 60 s");
  app
    ->add_option("--duration", x.duration_s,
                 "Real seconds; 0 until stopped; -1 as long as the demand")
    ->capture_default_str();
  app
    ->add_option("--drain", x.drain_s,
                 "Real seconds for open trips to end; 0 is enough for all")
    ->capture_default_str();
  app->add_option("--json", x.json, "Report into this file; - for stdout");
  app->add_option("--history", x.history,
                  "What clients were promised, for hansom check --history");
  add_demand(*app, x, *texts);
  add_movement(*app, x);
  add_mischief(*app, x.chaos);
  app->callback([&x, texts] {
    if (!texts->urls.empty()) {
      x.url = texts->urls.front();
      x.more_urls.assign(texts->urls.begin() + 1, texts->urls.end());
    }
    if (!texts->hours.empty())
      x.hours = fleet::parse_hours(texts->hours);
    if (!texts->columns.empty())
      x.csv.columns = fleet::parse_columns(texts->columns);
    if (!texts->unit.empty())
      x.csv.unit = fleet::parse_time_unit(texts->unit);
  });
  return app;
}

} // namespace hansom
