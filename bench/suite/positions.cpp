#include "bench/fleet/token.hpp"
#include "bench/micro/micro.hpp"
#include "bench/suite/scene.hpp"
#include "bench/suite/under_load.hpp"

#include <nlohmann/json.hpp>
#include <sys/mman.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <new>

namespace hansom::bench {

namespace {

constexpr double goal_per_s = 100'000;
constexpr double goal_cpu_us = 9;
constexpr double more_than_fits = 400'000;

/// What the cells' own books say.
struct indexed {
  double known = 0;
  double unknown = 0; ///< Of drivers who are not on shift in that cell.
};

indexed ask_cells(const server& whom, const std::string& key_file) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
  const auto token =
    fleet::make_token(fleet::read_key_file(key_file), "viewer", 1, now, 3600);
  const auto cells = nlohmann::json::parse(whom.get("/v1/admin/cells", token));
  indexed out;
  for (auto& x : cells.at("cells")) {
    const auto name = x.at("cell").get<std::string>();
    const auto cell =
      nlohmann::json::parse(whom.get("/v1/admin/actors/cell/" + name, token));
    const auto& figures = cell.at("state").at("figures");
    out.known += figures.at("positions").get<double>();
    out.unknown += figures.at("unknown_positions").get<double>();
  }
  return out;
}

double accepted(const server& whom) {
  return metrics{whom.get("/metrics")}.of(
    R"(hansom_gateway_positions_total{verdict="accepted"})");
}

double waiting(const server& whom) {
  return metrics{whom.get("/metrics")}.of(
    R"(hansom_mailbox_messages{kind="cell"})");
}

class ingest {
public:
  ingest(const report& to, const scene& at) : to_{to}, at_{at} {
    drivers_ = at.how.quick ? 4000 : 10'000;
    span_ = at.how.quick ? 2 : 4;
  }

  void run() {
    measure_bare();
    auto whom = at_.start({});
    whom_ = whom.get();
    // The first visit begins the shifts; the others find them begun.
    const double settled = 2;
    under_load(*whom, load(drivers_ * 0.5, settled + 2), counted(),
               [] { std::this_thread::sleep_for(std::chrono::seconds{1}); });
    if (!at_.how.quick)
      tell(30'000);
    tell(goal_per_s);
    saturate();
  }

private:
  using load_call = std::function<fleet::load_result(std::atomic<bool>&)>;

  load_call load(double per_s, double seconds) const {
    fleet::position_load x;
    x.base.url = whom_->url();
    x.base.dev_key_file = at_.key_file();
    x.base.drivers = drivers_;
    x.base.connects_per_s = 4000;
    x.base.seconds = seconds;
    x.positions_per_s = per_s;
    return [x](std::atomic<bool>& stop) {
      return fleet::run_position_load(x, stop);
    };
  }

  std::function<double()> counted() const {
    return [this] { return accepted(*whom_); };
  }

  /// One second to get going, the span, half a second to end.
  pace measure(double per_s, const std::function<double()>& count,
               const std::string& name) const {
    return under_load(*whom_, load(per_s, span_ + 1.7), count,
                      [&] { at_.record(*whom_, name, span_); });
  }

  void measure_bare() {
    auto* shared =
      ::mmap(nullptr, sizeof(bare_counters), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& counters = *new (shared) bare_counters;
    const auto port = free_port();
    server bare{[&] { serve_bare(port, counters); }, port};
    bare.wait_until_open();
    whom_ = &bare;
    // The bare server asks nobody who he is; the load needs some key.
    std::filesystem::create_directories(at_.data());
    std::ofstream{at_.key_file()} << std::string(64, 'k');
    auto count = [&] { return static_cast<double>(counters.messages); };
    steady_ = measure(goal_per_s, count, "bare-steady");
    flat_out_ = measure(more_than_fits, count, "bare-flat-out");
  }

  void tell(double per_s) {
    const auto x = measure(
      per_s, counted(), "positions-" + std::to_string(static_cast<int>(per_s)));
    row r;
    r.measure = "positions: CPU each at " + std::to_string(int(per_s)) + "/s, "
                + std::to_string(drivers_) + " connections";
    r.unit = "us";
    r.baseline_name = "bare Beast, at 100000/s";
    r.baseline = steady_.cpu_us;
    r.value = x.cpu_us;
    r.goal = goal_kind::at_most;
    r.limit = goal_cpu_us;
    r.profile = scene::how_to_profile("positions");
    r.note = said(x);
    to_(r);
  }

  void saturate() {
    const auto indexed_before = ask_cells(*whom_, at_.key_file());
    const auto accepted_before = accepted(*whom_);
    const auto x = measure(more_than_fits, counted(), "positions-flat-out");
    row r;
    r.measure = "positions: as many as the node takes";
    r.unit = "1/s";
    r.baseline_name = "bare Beast";
    r.baseline = flat_out_.per_s;
    r.value = x.per_s;
    r.goal = goal_kind::at_least;
    r.limit = goal_per_s;
    r.profile = scene::how_to_profile("positions");
    r.note = said(x);
    to_(r);
    r.measure = "positions: CPU each, flat out";
    r.unit = "us";
    r.baseline = flat_out_.cpu_us;
    r.value = x.cpu_us;
    r.goal = goal_kind::at_most;
    r.limit = goal_cpu_us;
    r.note.clear();
    to_(r);
    for (int i = 0; i < 50 && waiting(*whom_) > 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    const auto in_index = ask_cells(*whom_, at_.key_file());
    r = {};
    r.measure = "positions: accepted ones that reached a cell's index";
    r.unit = "%";
    r.value = 100 * (in_index.known - indexed_before.known)
              / (accepted(*whom_) - accepted_before);
    r.goal = goal_kind::at_least;
    r.limit = 99.9;
    r.note = std::to_string(std::int64_t(in_index.known)) + " moves in all, "
             + std::to_string(std::int64_t(in_index.unknown))
             + " of drivers not on shift there, as the cells count";
    to_(r);
  }

  static std::string said(const pace& x) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "%.0f/s accepted, server on %.2f cores, load on %.2f, %llu "
                  "unsent for a full socket",
                  x.per_s, x.cpu_load, x.load.cpu_s / x.load.seconds,
                  static_cast<unsigned long long>(x.load.unsent));
    return text;
  }

  const report& to_;
  const scene& at_;
  std::uint32_t drivers_;
  double span_;
  server* whom_ = nullptr;
  pace steady_;
  pace flat_out_;
};

} // namespace

void measure_positions(const report& to, const scene& at) {
  ingest{to, at}.run();
}

} // namespace hansom::bench
