#include "cluster/program/exit_codes.hpp"
#include "cluster/program/moment.hpp"
#include "cluster/program/ops_verbs.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;

std::string span_text(std::int64_t ms) {
  auto s = ms / 1000;
  char text[48];
  if (s < 120)
    std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(s));
  else if (s < 7200)
    std::snprintf(text, sizeof text, "%lld min",
                  static_cast<long long>(s / 60));
  else
    std::snprintf(text, sizeof text, "%lld h %lld min",
                  static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60));
  return text;
}

std::string event_text(const document& x) {
  auto text = moment_text({x.value("at", std::int64_t{0})}) + "  "
              + x.value("kind", "") + "  " + x.value("subject", "");
  if (auto by = x.value("by", ""); by != x.value("subject", ""))
    text += "  by " + by;
  if (auto reason = x.value("reason", ""); !reason.empty())
    text += "  " + reason;
  return text;
}

/// The worst of what the node says of itself; empty: healthy.
std::string trouble_of(const document& node) {
  std::string out;
  auto add = [&out](const std::string& text) {
    out += (out.empty() ? "" : "; ") + text;
  };
  auto health = node.value("health", document::object());
  auto checks =
    health.value("checks", document::object()); // `items` only refers.
  for (auto& [name, x] : checks.items())
    if (x.value("status", "") != "healthy")
      add(name + " " + x.value("status", "?") + ": "
          + x.value("detail", "no reason given"));
  if (node.contains("cluster_unknown"))
    add(node.value("cluster_unknown", ""));
  auto& cluster = node["cluster"];
  if (!cluster.is_object())
    return out;
  if (auto n = cluster.value("nobody", 0); n > 0)
    add(std::to_string(n) + " shards have no owner (hansom shard ls)");
  if (auto n = cluster.value("suspected", 0); n > 0)
    add("nodes suspect each other (hansom node ls)");
  return out;
}

std::string cluster_text(const document& x) {
  if (!x.is_object())
    return "none: this node is alone";
  std::string nodes;
  auto counts = x.value("nodes", document::object());
  for (auto& [status, n] : counts.items())
    nodes += (nodes.empty() ? "" : ", ") + n.dump() + ' ' + status;
  return nodes + "; " + std::to_string(x.value("shards", 0)) + " shards, "
         + std::to_string(x.value("moves", 0)) + " to move; rebalancing "
         + (x.value("paused", false) ? "paused" : "on");
}

/// Sums over all cells, and the open trips and deepest mailbox.
struct city {
  std::int64_t waiting = 0;
  std::int64_t idle = 0;
  std::int64_t busy = 0;
  std::int64_t cells = 0;
  std::int64_t trips = 0;
  std::int64_t deepest = 0;
};

int look_at_city(voice& node, city& out) {
  document answer;
  if (auto code = node.get("/v1/admin/cells", answer); code != exit_done)
    return code;
  for (auto& x : answer["cells"]) {
    out.waiting += x.value("waiting", 0);
    out.idle += x.value("free", 0);
    out.busy += x.value("busy", 0);
    ++out.cells;
  }
  out.cells += answer.value("more", 0)
               + static_cast<std::int64_t>(
                 answer.value("silent", document::array()).size());
  if (auto code = node.get("/v1/admin/actors?limit=1", answer);
      code != exit_done)
    return code;
  for (auto& x : answer["totals"]) {
    if (x.value("kind", "") == "trip")
      out.trips = x.value("actors", 0);
    out.deepest =
      std::max(out.deepest, x.value("mailbox_max", std::int64_t{0}));
  }
  return exit_done;
}

} // namespace

int status(const ops_options& with) {
  voice node{with.target};
  document said;
  document events;
  city here;
  if (auto code = node.get("/v1/admin/status", said); code != exit_done)
    return node.complain(code);
  if (auto code = look_at_city(node, here); code != exit_done)
    return node.complain(code);
  if (node.get("/v1/admin/events?last=1", events) != exit_done)
    events = document::object();
  auto trouble = trouble_of(said);
  auto last = events.value("events", document::array());
  if (with.target.json) {
    said["healthy"] = trouble.empty();
    said["trouble"] = trouble;
    said["city"] = {{"riders_waiting", here.waiting},
                    {"drivers_free", here.idle},
                    {"drivers_busy", here.busy},
                    {"cells", here.cells},
                    {"trips", here.trips},
                    {"mailbox_deepest", here.deepest}};
    std::cout << said.dump(2) << '\n';
    return trouble.empty() ? exit_done : exit_failed;
  }
  std::cout << "node     " << said.value("node", "?") << " (incarnation "
            << said["incarnation"] << "), version "
            << said.value("version", "?") << ", up "
            << span_text(said.value("up_ms", std::int64_t{0})) << "\ncluster  "
            << cluster_text(said["cluster"]) << "\nclients  "
            << said["sessions"] << " sessions, " << said["connections"]
            << " connections"
            << "\nriders   " << here.waiting << " waiting"
            << "\ndrivers  " << here.idle << " free, " << here.busy
            << " busy, in " << here.cells << " cells"
            << "\ntrips    " << here.trips << " in memory; deepest mailbox "
            << here.deepest << "\nlast     "
            << (last.empty() ? "-" : event_text(last[0])) << '\n'
            << (trouble.empty() ? std::string{"Healthy."}
                                : "Not healthy: " + trouble)
            << '\n';
  return trouble.empty() ? exit_done : exit_failed;
}

int events(const ops_options& with) {
  voice node{with.target};
  auto path = "/v1/admin/events?last=" + std::to_string(with.last);
  auto silent = false;
  for (;;) {
    document answer;
    auto code = node.get(path, answer);
    if (code != exit_done && !(with.follow && silent)) {
      node.complain(code);
      if (!with.follow || path.find("last=") != std::string::npos)
        return code;
      std::cerr << "  Still trying.\n";
    }
    silent = code != exit_done;
    if (code == exit_done) {
      for (auto& x : answer["events"])
        std::cout << (with.target.json ? x.dump() : event_text(x)) << '\n';
      std::cout.flush();
      if (!with.follow)
        return exit_done;
      path = "/v1/admin/events?after=" + answer["last"].dump();
    }
    interruptible::sleep(1);
  }
}

} // namespace hansom::verbs
