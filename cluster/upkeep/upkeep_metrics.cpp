#include "cluster/upkeep/upkeep_metrics.hpp"

#include "protocol/json/writer.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

namespace hansom {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class upkeep_collector final : public prometheus::Collectable {
public:
  explicit upkeep_collector(upkeep_source from) : from_{std::move(from)} {
  }

  [[nodiscard]] std::vector<MetricFamily> Collect() const override {
    auto* x = from_();
    if (!x)
      return {};
    auto& passes = x->passes;
    std::vector<MetricFamily> out{
      one("hansom_upkeep_passes_total", "Times the store was put in order",
          MetricType::Counter, static_cast<double>(passes.load())),
      one("hansom_upkeep_failures_total", "Passes that did not end",
          MetricType::Counter, static_cast<double>(x->failures.load())),
      one("hansom_upkeep_last_pass_timestamp_seconds",
          "When the last pass ended, since 1970", MetricType::Gauge,
          static_cast<double>(x->pass_ended_ms.load()) / 1e3)};
    MetricFamily rows{"hansom_upkeep_rows_total",
                      "Rows moved, made coarse or dropped",
                      MetricType::Counter,
                      {}};
    for (std::size_t i = 0; i < x->tasks.size(); ++i) {
      ClientMetric m;
      m.label.push_back(
        {"task", to_string(static_cast<store::upkeep_task>(i))});
      m.counter.value = static_cast<double>(x->tasks[i].rows.load());
      rows.metric.push_back(std::move(m));
    }
    out.push_back(std::move(rows));
    return out;
  }

private:
  static MetricFamily one(std::string name, std::string help, MetricType type,
                          double value) {
    ClientMetric m;
    (type == MetricType::Gauge ? m.gauge.value : m.counter.value) = value;
    return {std::move(name), std::move(help), type, {std::move(m)}};
  }

  upkeep_source from_;
};

} // namespace

std::shared_ptr<prometheus::Collectable>
make_upkeep_collector(upkeep_source from) {
  return std::make_shared<upkeep_collector>(std::move(from));
}

health_source upkeep_health(upkeep_source from) {
  return [from = std::move(from)] {
    std::vector<health_check> out{{"upkeep", {}, {}}};
    if (auto* x = from())
      if (auto why = x->remark(); !why.empty()) {
        out[0].detail = why;
        if (x->failing)
          out[0].status = health_status::degraded;
      }
    return out;
  };
}

std::string describe_upkeep(const upkeep_stats& x) {
  std::string out = "{\"running\":";
  json::append(out, x.running.load());
  out += ",\"failing\":";
  json::append(out, x.failing.load());
  out += ",\"passes\":" + std::to_string(x.passes.load()) + ",\"failures\":"
         + std::to_string(x.failures.load()) + ",\"pass_ended_at\":"
         + std::to_string(x.pass_ended_ms.load()) + ",\"remark\":";
  json::append(out, x.remark());
  out += ",\"tasks\":[";
  for (std::size_t i = 0; i < x.tasks.size(); ++i) {
    out += i == 0 ? "{\"task\":" : ",{\"task\":";
    json::append(out, to_string(static_cast<store::upkeep_task>(i)));
    out += ",\"rows\":" + std::to_string(x.tasks[i].rows.load())
           + ",\"steps\":" + std::to_string(x.tasks[i].steps.load()) + '}';
  }
  return out + "]}";
}

} // namespace hansom
