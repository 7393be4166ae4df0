#include "bench/fleet/fleet.hpp"

#include "bench/fleet/fleet_thread.hpp"
#include "bench/fleet/report.hpp"
#include "bench/fleet/road_graph.hpp"
#include "bench/fleet/token.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <ostream>
#include <thread>

namespace hansom::fleet {

namespace {

using namespace std::chrono_literals;

/// No server is given up on before.
constexpr double first_answer_within_s = 15;
constexpr double stopped_drain_s = 10;
constexpr std::size_t places_max = 20'000;

/// The pieces of a run, alive as long as its threads.
struct machinery {
  fleet_run run;
  trip_ledger ledger;
  std::unique_ptr<road_graph> roads;
  std::unique_ptr<history_file> history;
  std::vector<std::unique_ptr<fleet_thread>> shares;
  std::vector<std::thread> threads;

  ~machinery() {
    join();
  }

  fleet_stats stats() const {
    fleet_stats out;
    for (const auto& x : shares)
      out.merge(x->snapshot());
    return out;
  }

  void join() {
    run.phase = run_phase::leaving;
    for (auto& x : threads)
      x.join();
    threads.clear();
  }
};

void load_demand(const fleet_options& options, fleet_run& run) {
  if (options.demand == "city") {
    run.wishes = make_city_demand(options.city, options.hours, options.seed);
  } else {
    auto from = options.csv;
    from.path = options.demand;
    run.wishes = read_trips(from, options.hours, options.seed);
  }
  const double hours = options.hours.to - options.hours.from;
  run.span_s = hours * 3600;
  if (!run.wishes.empty())
    run.span_s = std::max(run.span_s, run.wishes.back().at_s + 1
                                        - options.hours.from * 3600);
  // Drivers begin and wait where rides begin.
  const auto step = run.wishes.size() / places_max + 1;
  for (std::size_t i = 0; i < run.wishes.size(); i += step)
    run.places.push_back(run.wishes[i].pickup);
  if (run.places.empty())
    for (std::uint64_t i = 0; i < 100; ++i)
      run.places.push_back(random_place(options.city, options.seed, i));
}

std::string base36(std::uint64_t x) {
  std::string out;
  for (; x != 0; x /= 36)
    out.insert(out.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[x % 36]);
  return out;
}

void prepare(const fleet_options& options, machinery& m) {
  auto& run = m.run;
  run.options = &options;
  run.to.push_back(parse_url(options.url));
  for (const auto& url : options.more_urls)
    run.to.push_back(parse_url(url));
  run.secret = read_key_file(options.dev_key_file);
  load_demand(options, run);
  if (!options.road_nodes.empty()) {
    m.roads = std::make_unique<road_graph>(
      options.road_nodes, options.road_links, options.road_seconds);
    run.roads = m.roads.get();
  }
  m.history = std::make_unique<history_file>(options.history);
  run.history = m.history.get();
  run.ledger = &m.ledger;
  run.again = options.duration_s >= 0;
  run.began = std::chrono::steady_clock::now();
  run.wall_began_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  // Command ids of two runs must differ, or the server takes the second's for
  // repetitions.
  run.name = "f" + base36(static_cast<std::uint64_t>(run.wall_began_ms));
  run.serve_s = (options.drivers + options.riders) / options.connects_per_s + 1;
  for (std::uint32_t i = 0; i < options.threads; ++i)
    m.shares.push_back(std::make_unique<fleet_thread>(run, i));
  for (auto& x : m.shares)
    m.threads.emplace_back([&x] { x->work(); });
}

class progress_line {
public:
  progress_line(const machinery& m, std::ostream& out) : m_{m}, out_{out} {
  }

  void tell(const char* phase) {
    const auto& options = *m_.run.options;
    const double now = m_.run.now();
    if (options.progress_every_s <= 0
        || now < told_s_ + options.progress_every_s)
      return;
    const auto s = m_.stats();
    const auto t = m_.ledger.result();
    const double passed = now - told_s_;
    char line[320];
    std::snprintf(
      line, sizeof line,
      "%6.0f s %s: %llu/%u online, %llu requests, %llu open, %llu served, %llu "
      "expired, %llu cancelled, wait %.0f s, ack p99 %.0f ms, %.0f/s out, "
      "%.0f/s in, %llu violations",
      now, phase, static_cast<unsigned long long>(s.online),
      options.drivers + options.riders,
      static_cast<unsigned long long>(t.acknowledged),
      static_cast<unsigned long long>(t.open),
      static_cast<unsigned long long>(t.completed),
      static_cast<unsigned long long>(t.expired),
      static_cast<unsigned long long>(t.cancelled_by_rider
                                      + t.cancelled_otherwise),
      t.wait_ms.mean() / 1000 * options.compression,
      static_cast<double>(s.ack_us.percentile(0.99)) / 1000,
      static_cast<double>(s.frames_out - out_before_) / passed,
      static_cast<double>(s.frames_in - in_before_) / passed,
      static_cast<unsigned long long>(s.broken_count()));
    if (options.live_line)
      out_ << '\r' << line << "\x1b[K" << std::flush;
    else
      out_ << line << '\n' << std::flush;
    told_s_ = now;
    out_before_ = s.frames_out;
    in_before_ = s.frames_in;
  }

  void end() {
    if (m_.run.options->live_line)
      out_ << '\n';
  }

private:
  const machinery& m_;
  std::ostream& out_;
  double told_s_ = 0;
  std::uint64_t out_before_ = 0;
  std::uint64_t in_before_ = 0;
};

/// @returns `false` when nobody answers.
bool serve(machinery& m, progress_line& progress, std::atomic<bool>& stop) {
  const auto& options = *m.run.options;
  for (bool answered = false; !stop;) {
    std::this_thread::sleep_for(50ms);
    const double now = m.run.now();
    if (!answered)
      answered = m.stats().connects > 0;
    if (!answered && now > first_answer_within_s)
      return false; // However short the run: silence is no success.
    progress.tell(now < m.run.serve_s ? "connecting" : "serving");
    if (!answered)
      continue;
    if (std::any_of(m.shares.begin(), m.shares.end(),
                    [](const auto& x) { return x->in_storm(); }))
      continue;
    if (options.duration_s > 0 && now > m.run.serve_s + options.duration_s)
      break;
    if (std::all_of(m.shares.begin(), m.shares.end(),
                    [](const auto& x) { return x->wishes_done(); }))
      break;
  }
  return true;
}

/// @returns whether it was cut short by hand.
bool drain(machinery& m, progress_line& progress, std::atomic<bool>& stop) {
  const auto& options = *m.run.options;
  m.run.phase = run_phase::draining;
  const double began = m.run.now();
  double until = began
                 + (options.drain_s > 0 ? options.drain_s
                                        : 240 + 3600 / options.compression);
  bool stopped = false;
  while (m.run.now() < until) {
    if (stop && !stopped) {
      stopped = true;
      until = std::min(until, m.run.now() + stopped_drain_s);
    }
    std::this_thread::sleep_for(50ms);
    progress.tell("draining");
    std::uint32_t waiting = 0;
    for (const auto& x : m.shares)
      waiting += x->unsettled();
    // A request just handed out shows as unsettled within a second.
    if (m.run.now() > began + 1 && waiting == 0 && m.ledger.open() == 0)
      return false;
  }
  return stopped;
}

/// @returns why nobody could be reached.
std::string why_nobody(const fleet_options& options, const fleet_stats& stats) {
  std::string out = "nobody answers at " + options.url;
  for (const auto& url : options.more_urls)
    out += ", " + url;
  for (const auto& [reason, n] : stats.closes)
    out += "; " + reason + " (" + std::to_string(n) + " times)";
  return out + ". Is the system running, and is this its development key?";
}

void write_json(const fleet_options& options, const fleet_report& report,
                std::ostream& out) {
  if (options.json == "-") {
    out << to_json(report) << '\n';
  } else if (!options.json.empty()) {
    std::ofstream file{options.json};
    file << to_json(report) << '\n';
    if (!file.flush())
      throw std::runtime_error{options.json + ": the report cannot be written"};
  }
}

int run(const fleet_options& options, std::ostream& progress_out,
        std::ostream& report_out, std::atomic<bool>& stop) {
  machinery m;
  prepare(options, m);
  progress_out << "seed " << options.seed << ", " << m.run.wishes.size()
               << " wishes, " << options.drivers << " drivers, "
               << options.riders << " riders\n"
               << std::flush;
  progress_line progress{m, progress_out};
  const bool answered = serve(m, progress, stop);
  const bool interrupted = answered && drain(m, progress, stop);
  m.join();
  progress.end();
  fleet_report report{&options,          m.run.name,  m.stats(),
                      m.ledger.result(), m.run.now(), interrupted};
  if (!answered)
    throw std::runtime_error{why_nobody(options, report.stats)};
  if (!interrupted)
    for (const auto& what : m.ledger.unfinished())
      report.stats.report({what.substr(0, 2), what.substr(3), {}, 0, {}});
  if (options.json != "-")
    write_text(report_out, report);
  write_json(options, report, report_out);
  return report.stats.broken_count() == 0 ? 0 : 1;
}

} // namespace

std::string check(const fleet_options& x) {
  auto range = [](const char* name, double value, double low, double high) {
    if (value >= low && value <= high)
      return std::string{};
    char out[160];
    std::snprintf(out, sizeof out, "%s is %g, must be from %g to %g", name,
                  value, low, high);
    return std::string{out};
  };
  const std::string found[] = {
    range("drivers", x.drivers, 0, 1e6),
    range("riders", x.riders, 0, 1e6),
    range("drivers and riders", x.drivers + x.riders, 1, 1e6),
    range("compression", x.compression, 0.1, 100),
    range("threads", x.threads, 1, 64),
    range("connects_per_s", x.connects_per_s, 1, 1e6),
    range("speed_m_s", x.speed_m_s, 0.1, 60),
    range("position_every_s", x.position_every_s, 0.1, 3600),
    range("boarding_s", x.boarding_s, 0, 3600),
    range("away_s", x.away_s, 0, 3600),
    range("storm_s", x.storm_s, 0, 1e6),
    range("wander", x.wander, 0, 1),
    range("rate", x.rate, 0, 1),
    range("decline", x.chaos.decline, 0, 1),
    range("ignore", x.chaos.ignore, 0, 1),
    range("driver_cancel", x.chaos.driver_cancel, 0, 1),
    range("rider_cancel", x.chaos.rider_cancel, 0, 1),
    range("off_net", x.chaos.off_net, 0, 1),
    range("teleport", x.chaos.teleport, 0, 1),
    range("duplicate", x.chaos.duplicate, 0, 1),
    range("reorder", x.chaos.reorder, 0, 1),
    range("duration_s", x.duration_s, -1, 1e9),
    range("drain_s", x.drain_s, 0, 1e6),
  };
  for (const auto& problem : found)
    if (!problem.empty())
      return problem;
  if (x.road_nodes.empty() != x.road_links.empty())
    return "road_nodes and road_links belong together; give both or none";
  if (x.first_driver == 0 || x.first_rider == 0)
    return "account ids begin at 1";
  if (x.dev_key_file.empty())
    return "dev_key_file is missing; the server writes it into its data "
           "folder as dev.key";
  return {};
}

int run_fleet(const fleet_options& options, std::ostream& progress,
              std::ostream& report, std::atomic<bool>& stop) {
  try {
    if (auto problem = check(options); !problem.empty()) {
      report << "fleet: " << problem << '\n';
      return 2;
    }
    return run(options, progress, report, stop);
  } catch (const std::exception& e) {
    report << "fleet: " << e.what() << '\n';
    return 2;
  }
}

} // namespace hansom::fleet
