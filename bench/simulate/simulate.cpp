#include "bench/simulate/simulate.hpp"

#include "bench/simulate/world.hpp"
#include "protocol/json/writer.hpp"

#include <iomanip>
#include <ostream>

namespace hansom::simulate {

namespace {

std::vector<fleet::ride_wish> wishes_of(const simulate_options& x) {
  return x.demand.path.empty()
           ? fleet::make_city_demand(x.city, x.hours, x.seed)
           : fleet::read_trips(x.demand, x.hours, x.seed);
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
           ? 0
           : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double per(std::uint64_t a, std::uint64_t b) {
  return percent(a, b) / 100;
}

void print_text(std::ostream& out, const simulate_options& options,
                const std::vector<simulate_figures>& runs) {
  auto flags = out.flags();
  out << std::fixed << runs.front().requests << " requests, " << options.drivers
      << " drivers, hours " << std::setprecision(1) << options.hours.from
      << " to " << options.hours.to << ", cell level "
      << options.config.cell_level << ", seed " << options.seed << "\n\n"
      << "policy              served %  expired %  wait s   p50   p95"
         "  empty m/ride  offers/ride  refused  unfinished  errors\n";
  for (auto& x : runs)
    out << std::left << std::setw(20) << x.policy << std::right
        << std::setprecision(1) << std::setw(8) << percent(x.served, x.requests)
        << std::setw(11) << percent(x.expired, x.requests) << std::setw(8)
        << x.wait_mean_s << std::setw(6) << std::setprecision(0) << x.wait_p50_s
        << std::setw(6) << x.wait_p95_s << std::setw(14) << x.empty_m
        << std::setw(13) << std::setprecision(2) << per(x.offers, x.served)
        << std::setw(9) << x.refused << std::setw(12) << x.unfinished
        << std::setw(8) << x.errors << '\n';
  if (runs.size() > 1) {
    auto& base = runs.front();
    out << "\nagainst " << base.policy << ":\n";
    for (auto& x : runs)
      if (&x != &base)
        out << "  " << std::left << std::setw(18) << x.policy << std::right
            << std::showpos << std::setprecision(1) << std::setw(8)
            << percent(x.served, x.requests)
                 - percent(base.served, base.requests)
            << " % served" << std::setw(9) << x.wait_mean_s - base.wait_mean_s
            << " s mean wait" << std::setw(9) << x.empty_m - base.empty_m
            << " m empty per ride" << std::noshowpos << '\n';
  }
  out.flags(flags);
}

/// Fixed notation: the same digits everywhere.
void append_number(std::string& out, double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", x);
  out += text;
}

void append_run(std::string& out, const simulate_figures& x) {
  auto whole = [&](std::string_view name, std::uint64_t value) {
    json::append(out, name);
    out += ':';
    json::append(out, value);
    out += ',';
  };
  auto real = [&](std::string_view name, double value) {
    json::append(out, name);
    out += ':';
    append_number(out, value);
    out += ',';
  };
  out += "{\"policy\":";
  json::append(out, x.policy);
  out += ',';
  whole("requests", x.requests);
  whole("served", x.served);
  whole("expired", x.expired);
  whole("refused", x.refused);
  whole("unfinished", x.unfinished);
  whole("offers", x.offers);
  whole("errors", x.errors);
  real("served_percent", percent(x.served, x.requests));
  real("wait_mean_s", x.wait_mean_s);
  real("wait_p50_s", x.wait_p50_s);
  real("wait_p95_s", x.wait_p95_s);
  real("empty_m_per_ride", x.empty_m);
  real("offers_per_ride", per(x.offers, x.served));
  out.back() = '}';
}

void print_json(std::ostream& out, const simulate_options& options,
                const std::vector<simulate_figures>& runs) {
  std::string text = "{\"drivers\":";
  json::append(text, options.drivers);
  text += ",\"seed\":";
  json::append(text, options.seed);
  text += ",\"cell_level\":";
  json::append(text, options.config.cell_level);
  text += ",\"hours\":[";
  append_number(text, options.hours.from);
  text += ',';
  append_number(text, options.hours.to);
  text += "],\"runs\":[";
  for (auto& x : runs) {
    if (&x != &runs.front())
      text += ',';
    append_run(text, x);
  }
  out << text << "]}\n";
}

} // namespace

simulate_figures simulate(const simulate_options& options,
                          const std::vector<fleet::ride_wish>& wishes) {
  return world{options, wishes}.run();
}

simulate_figures simulate(const simulate_options& options) {
  return simulate(options, wishes_of(options));
}

int run_simulation(const simulate_options& options, std::ostream& out) {
  std::vector<fleet::ride_wish> wishes;
  try {
    wishes = wishes_of(options);
  } catch (const fleet::demand_error& e) {
    out << "error: " << e.what() << '\n';
    return 2;
  }
  std::vector<simulate_figures> runs;
  if (options.compare)
    for (std::size_t i = 0; i < match_policy_count; ++i) {
      auto one = options;
      one.config.policy = static_cast<match_policy>(i);
      runs.push_back(simulate(one, wishes));
    }
  else
    runs.push_back(simulate(options, wishes));
  (options.json ? print_json : print_text)(out, options, runs);
  return 0;
}

} // namespace hansom::simulate
