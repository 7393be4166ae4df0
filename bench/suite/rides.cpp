#include "bench/suite/scene.hpp"
#include "bench/suite/under_load.hpp"

#include <algorithm>
#include <cstdio>

namespace hansom::bench {

namespace {

constexpr double goal_trips_per_s = 12'000;
constexpr double goal_trip_cpu_us = 75;
/// More than any node takes: only the number of riders holds the load back.
constexpr double flat_out = 100'000;
/// Sockets of one process, less what else it opens.
constexpr std::uint32_t clients_max = 19'000;

class rides {
public:
  rides(const report& to, const scene& at) : to_{to}, at_{at} {
    span_ = at.how.quick ? 3 : 5;
    // Far more drivers than riders: supply must not be what is measured, and
    // cells match at once only while there is plenty.
    drivers_ = at.how.quick ? 4000 : 9000;
    riders_ = drivers_ / 8;
  }

  void run() {
    find_peak();
    for (double share : {0.1, 0.5, 0.9})
      if (!at_.how.quick || share == 0.5)
        tell_latency(share * peak_,
                     std::to_string(static_cast<int>(100 * share))
                       + " % of the peak",
                     row::unknown);
    tell_latency(1000, "1000/s", 3);
    if (!at_.how.quick)
      tell_latency(4000, "4000/s", 10);
    overload();
  }

private:
  pace measure(double per_s, std::uint32_t riders, const std::string& name) {
    // A new node each time: rides cut off by the end of a load leave drivers
    // on trips that nobody will end.
    auto whom = at_.start({"dispatch.arrived_within_m=0"});
    fleet::ride_load x;
    x.base.url = whom->url();
    x.base.dev_key_file = at_.key_file();
    x.base.drivers = drivers_;
    x.base.connects_per_s = 4000;
    x.base.seconds = span_ + 2;
    x.riders = riders;
    x.rides_per_s = per_s;
    return under_load(
      *whom,
      [&](std::atomic<bool>& stop) { return fleet::run_ride_load(x, stop); },
      [&] {
        return metrics{whom->get("/metrics")}.of(
          "hansom_gateway_command_seconds_count{type=\"trip.complete\"}");
      },
      [&] {
        const metrics before{whom->get("/metrics")};
        at_.record(*whom, name, span_);
        note_work(before, metrics{whom->get("/metrics")});
      });
  }

  /// What a trip is made of, and how well commits are shared.
  void note_work(const metrics& before, const metrics& after) {
    auto grown = [&](const char* name) {
      return after.of(name) - before.of(name);
    };
    const auto trips = std::max(
      grown("hansom_gateway_command_seconds_count{type=\"trip.complete\"}"),
      1.0);
    const auto steps = grown("hansom_journal_writes_total");
    char text[160];
    std::snprintf(text, sizeof text,
                  "; per trip %.1f frames out in %.1f writes, %.1f durable "
                  "steps; %.1f steps "
                  "per commit, commits %.0f %% of the time",
                  grown("hansom_gateway_sent_frames_total") / trips,
                  grown("hansom_gateway_writes_total") / trips, steps / trips,
                  steps / std::max(grown("hansom_journal_commits_total"), 1.0),
                  100 * grown("hansom_journal_busy_seconds_total") / span_);
    work_ = text;
  }

  void find_peak() {
    const auto x = measure(flat_out, riders_, "rides-flat-out");
    peak_ = x.per_s;
    row r;
    r.measure = "rides: trips/s committed, " + std::to_string(riders_)
                + " riders who never rest";
    r.unit = "1/s";
    r.value = x.per_s;
    r.goal = goal_kind::at_least;
    r.limit = goal_trips_per_s;
    r.profile = scene::how_to_profile("rides");
    r.note = said(x);
    to_(r);
    r.measure = "rides: CPU per trip";
    r.unit = "us";
    r.value = x.cpu_us;
    r.goal = goal_kind::at_most;
    r.limit = goal_trip_cpu_us;
    r.note.clear();
    to_(r);
  }

  void tell_latency(double per_s, const std::string& at, double limit) {
    const auto x = measure(per_s, drivers_ / 2,
                           "rides-" + std::to_string(static_cast<int>(per_s)));
    auto ms = [](const fleet::histogram& h, double share) {
      return static_cast<double>(h.percentile(share)) / 1000;
    };
    row r;
    r.measure = "rides: request to offer p99, at " + at;
    r.unit = "ms";
    r.value = ms(x.load.request_to_offer_us, 0.99);
    if (limit == limit) {
      r.goal = goal_kind::at_most;
      r.limit = limit;
      r.profile = scene::how_to_profile("rides");
    }
    char text[200];
    std::snprintf(
      text, sizeof text, "p50 %.2f ms; request to ack p50 %.2f, p99 %.2f ms; ",
      ms(x.load.request_to_offer_us, 0.5), ms(x.load.request_to_ack_us, 0.5),
      ms(x.load.request_to_ack_us, 0.99));
    r.note = text + said(x);
    to_(r);
  }

  /// Open loop: those who ask do not care how many wait already.
  void overload() {
    const auto x = measure(2 * peak_, clients_max - drivers_, "rides-overload");
    const auto begun = static_cast<double>(x.load.sent);
    const auto open = begun - static_cast<double>(x.load.completed)
                      - static_cast<double>(x.load.refused);
    row r;
    r.measure = "rides: share of the peak served at twice its load";
    r.unit = "%";
    r.value = 100 * x.per_s / peak_;
    r.goal = goal_kind::at_least;
    r.limit = 90;
    r.profile = scene::how_to_profile("rides");
    r.note = said(x);
    to_(r);
    r = {};
    r.measure = "rides: without an answer or an end when the load stopped";
    r.unit = "%";
    r.value = 100 * open / begun;
    char text[160];
    std::snprintf(text, sizeof text,
                  "of %.0f begun: %.0f completed, %.0f refused in words, "
                  "%.0f never begun for want of a rider",
                  begun, static_cast<double>(x.load.completed),
                  static_cast<double>(x.load.refused),
                  static_cast<double>(x.load.no_rider));
    r.note = text;
    to_(r);
  }

  [[nodiscard]] std::string said(const pace& x) const {
    char text[200];
    std::snprintf(text, sizeof text,
                  "%.0f trips/s, %.0f us CPU each, server on %.2f cores, load "
                  "on %.2f",
                  x.per_s, x.cpu_us, x.cpu_load, x.load.cpu_s / x.load.seconds);
    std::string out = text + work_;
    for (auto& [code, n] : x.load.errors)
      out += "; " + std::to_string(n) + ' ' + code;
    return out;
  }

  const report& to_;
  const scene& at_;
  double span_;
  std::uint32_t drivers_;
  std::uint32_t riders_;
  double peak_ = 0;
  std::string work_;
};

} // namespace

void measure_rides(const report& to, const scene& at) {
  rides{to, at}.run();
}

} // namespace hansom::bench
