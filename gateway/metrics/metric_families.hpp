#pragma once

#include "protocol/histogram.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

/// Builds what /metrics shows. Names follow Prometheus' conventions: base
/// units, _total for what only grows; `deploy/METRICS.md` lists them all.
namespace hansom::metric {

using family = prometheus::MetricFamily;
using families = std::vector<family>;
using labels = std::initializer_list<std::pair<const char*, std::string>>;

inline family& open(families& out, const char* name, const char* help,
                    prometheus::MetricType type) {
  out.emplace_back();
  out.back().name = name;
  out.back().help = help;
  out.back().type = type;
  return out.back();
}

inline family& gauges(families& out, const char* name, const char* help) {
  return open(out, name, help, prometheus::MetricType::Gauge);
}

inline family& counters(families& out, const char* name, const char* help) {
  return open(out, name, help, prometheus::MetricType::Counter);
}

inline family& histograms(families& out, const char* name, const char* help) {
  return open(out, name, help, prometheus::MetricType::Histogram);
}

inline prometheus::ClientMetric& add_row(family& to, labels with) {
  to.metric.emplace_back();
  for (auto& [key, value] : with)
    to.metric.back().label.push_back({key, value});
  return to.metric.back();
}

/// One number of a gauge or counter.
inline void add(family& to, double value, labels with = {}) {
  auto& row = add_row(to, with);
  (to.type == prometheus::MetricType::Gauge ? row.gauge.value
                                            : row.counter.value) = value;
}

template <class Number>
void add(family& to, const Number& value, labels with = {}) requires requires {
  value.load();
}
{ add(to, static_cast<double>(value.load(std::memory_order_relaxed)), with); }

/// Adds several histograms up, as one row; each by a function from part to
/// histogram.
/// @param unit what one of the histogram's units is in base units.
template <class Parts, class Get>
void add_sum(family& to, const Parts& parts, Get get, double unit,
             labels with = {}) {
  auto& row = add_row(to, with).histogram;
  const auto& bounds = get(*std::begin(parts)).bounds();
  std::uint64_t count = 0, sum = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    for (auto& part : parts)
      count += get(part).in_bucket(i);
    row.bucket.push_back({count, i == bounds.size()
                                   ? std::numeric_limits<double>::infinity()
                                   : static_cast<double>(bounds[i]) * unit});
  }
  for (auto& part : parts)
    sum += get(part).sum();
  row.sample_count = count;
  row.sample_sum = static_cast<double>(sum) * unit;
}

/// One histogram.
template <const auto& Bounds>
void add(family& to, const histogram<Bounds>& x, double unit,
         labels with = {}) {
  const std::array parts{&x};
  add_sum(
    to, parts, [](auto* part) -> auto& { return *part; }, unit, with);
}

inline constexpr double milliseconds_unit = 1e-3;
inline constexpr double microseconds_unit = 1e-6;
inline constexpr double nanoseconds_unit = 1e-9;

} // namespace hansom::metric
