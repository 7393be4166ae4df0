#include "cluster/admin/row_json.hpp"

#include "actors/runtime/kind_description.hpp"
#include "cluster/admin/rights.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace hansom {

using document = nlohmann::json;

double tenths(double x) {
  return std::round(x * 10) / 10;
}

double per_second(std::uint64_t n, double seconds) {
  return seconds > 0 ? tenths(static_cast<double>(n) / seconds) : 0;
}

double busy_pct(std::uint64_t ns, double seconds) {
  return seconds > 0 ? tenths(static_cast<double>(ns) / seconds / 1e7) : 0;
}

document row_json(const admin_desk& desk, const survey& from,
                  const survey_row& x) {
  auto shard = shard_of(x.who);
  return {{"actor", to_string(x.who)},
          {"kind", to_string(x.who.kind)},
          {"node", desk.node_name},
          {"shard", shard},
          {"epoch", desk.node.epoch_of(shard)},
          {"state", describe_kind(x.who.kind).state_name(x.state)},
          {"parent", x.parent.id == 0 ? "" : to_string(x.parent)},
          {"mailbox", x.mailbox},
          {"handled", x.handled},
          {"rate", per_second(x.window_handled, from.window_s)},
          {"busy_pct", busy_pct(x.window_ns, from.window_s)},
          {"mean_us", x.handled == 0 ? 0 : x.busy_ns / x.handled / 1000},
          {"age_s", x.age_s},
          {"running", x.at_work ? name_of(x.running) : std::string_view{}},
          {"running_ms", x.running_ms}};
}

document memories_json(const probe& p) {
  std::vector<probe::memory> all;
  p.for_each_memory([&](const probe::memory& x) { all.push_back(x); });
  std::stable_sort(all.begin(), all.end(),
                   [](auto& a, auto& b) { return a.at_ms > b.at_ms; });
  using namespace std::chrono;
  auto age = duration_cast<milliseconds>(steady_clock::now() - p.born).count();
  auto out = document::array();
  for (auto& x : all) {
    document m{{"message", name_of(x.kind)},
               {"took_us", x.took_us},
               {"ago_ms", std::max<std::int64_t>(0, age - x.at_ms)}};
    if (x.trip)
      m["trip"] = to_string(x.trip);
    out.push_back(std::move(m));
  }
  return out;
}

document record_json(const message_record& x, client_role who) {
  return {{"seq", x.seq},
          {"at_ms", x.at.ms},
          {"actor", to_string(x.who)},
          {"message", name_of(x.kind)},
          {"took_us", x.took_us},
          {"failed", x.failed},
          {"trip", x.trip ? to_string(x.trip) : ""},
          {"text", gives_orders(who) ? x.text : ""}};
}

document incidents_json(const incident_log& from) {
  auto all = from.summarize();
  document out{{"total", all.total},
               {"by", document::array()},
               {"last", document::array()}};
  for (auto& x : all.by) {
    document item{{"count", x.count},
                  {"kind", to_string(x.actor)},
                  {"message", name_of(x.message)}};
    if (!x.reason.empty())
      item["reason"] = x.reason;
    out["by"].push_back(std::move(item));
  }
  for (auto& x : all.last) {
    document item{{"at_ms", x.at.ms},
                  {"actor", to_string(x.who)},
                  {"message", name_of(x.message)}};
    if (!x.why.empty())
      item["why"] = x.why;
    if (x.took_us != 0) {
      item["took_us"] = x.took_us;
      item["deadline_ms"] =
        describe_kind(x.who.kind).deadline_of(x.message).count();
    }
    out["last"].push_back(std::move(item));
  }
  return out;
}

std::string known_state(const std::optional<entity_kind>& kind,
                        const std::string& state) {
  if (state.empty())
    return {};
  std::string known;
  for (auto& x : actor_kinds()) {
    if (kind && x.kind != *kind)
      continue;
    for (auto& name : x.states) {
      if (name == state)
        return {};
      known += (known.empty() ? "" : ", ") + std::string{name};
    }
  }
  return "state: nobody can be \"" + state + "\"; what there is: " + known;
}

} // namespace hansom
