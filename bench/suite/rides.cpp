#include "bench/suite/ride_bench.hpp"

#include <cstdio>

namespace hansom::bench {

namespace {

constexpr double goal_trips_per_s = 12'000;
constexpr double goal_trip_cpu_us = 75;

class rides {
public:
  rides(const report& to, const scene& at) : to_{to}, bench_{at} {
  }

  void run() {
    find_peak();
    const auto quick = bench_.at().how.quick;
    for (double share : {0.1, 0.5, 0.9})
      if (!quick || share == 0.5)
        tell_latency(share * peak_,
                     std::to_string(static_cast<int>(100 * share))
                       + " % of the peak",
                     row::unknown);
    tell_latency(1000, "1000/s", 3);
    if (!quick)
      tell_latency(4000, "4000/s", 10);
  }

private:
  void find_peak() {
    const auto x = bench_.measure(flat_out, bench_.riders(), "rides-flat-out");
    peak_ = x.per_s;
    row r;
    r.measure = "rides: trips/s committed, " + std::to_string(bench_.riders())
                + " riders who never rest";
    r.unit = "1/s";
    r.value = x.per_s;
    r.goal = goal_kind::at_least;
    r.limit = goal_trips_per_s;
    r.profile = scene::how_to_profile("rides");
    r.note = bench_.said(x);
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
    const auto x =
      bench_.measure(per_s, bench_.drivers() / 2,
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
    r.note = text + bench_.said(x);
    to_(r);
  }

  const report& to_;
  ride_bench bench_;
  double peak_ = 0;
};

} // namespace

void measure_rides(const report& to, const scene& at) {
  rides{to, at}.run();
}

} // namespace hansom::bench
