#include "cluster/program/confirm.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/ops_verbs.hpp"
#include "cluster/program/progress.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <map>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;
using clock = std::chrono::steady_clock;

constexpr double poll_s = 0.5;
constexpr double stall_s = 15;

double since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

std::string path_of(const std::string& node, const std::string& order = {}) {
  return "/v1/admin/nodes/" + url_encoded(node)
         + (order.empty() ? "" : '/' + order);
}

std::string seconds_text(std::int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
  return text;
}

std::string notes_of(const document& x) {
  std::string out;
  auto add = [&out](const std::string& text) {
    out += (out.empty() ? "" : "; ") + text;
  };
  for (auto& s : x.value("suspected", document::array()))
    add("suspected by " + s.value("by", "?") + " (" + s.value("evidence", "?")
        + ')');
  for (auto& c : x.value("cannot_reach", document::array()))
    add("cannot reach " + c.get<std::string>());
  if (x.value("pins", 0) > 0)
    add(std::to_string(x.value("pins", 0)) + " pinned");
  return out.empty() ? "-" : out;
}

void print_nodes(const document& nodes) {
  std::vector<std::vector<std::string>> rows;
  for (auto& x : nodes)
    rows.push_back({x.value("name", ""), x.value("status", ""),
                    std::to_string(x.value("shards", 0)),
                    std::to_string(x.value("share", 0)),
                    seconds_text(x.value("beat_ago_ms", std::int64_t{0})),
                    x.value("version", ""), x.value("url", ""), notes_of(x)});
  print_table(
    std::cout,
    {"node", "status", "shards", "share", "beat", "version", "url", "notes"},
    rows);
}

/// What a plan would move, by target.
std::string summary_of(const document& plan) {
  std::map<std::string, std::size_t> to;
  for (auto& x : plan.value("moves", document::array()))
    ++to[x.value("to", "?")];
  std::string out;
  for (auto& [name, n] : to)
    out += (out.empty() ? "" : ", ") + std::to_string(n) + " to " + name;
  auto blocked = plan.value("blocked", document::array()).size();
  if (blocked > 0)
    out += (out.empty() ? "" : ", ") + std::to_string(blocked)
           + " have nowhere to go";
  return out.empty() ? "none" : out;
}

void say_interrupted(const std::string& name, const std::string& what) {
  std::cerr << (what == "watch" ? std::string{"No longer watching "} + name
                                : "Still draining " + name)
            << "; nothing was undone.\n  follow   hansom node watch " << name
            << '\n';
  if (what != "watch")
    std::cerr << "  undo     hansom node undrain " << name << '\n';
}

struct ending {
  int code = exit_done;
  std::string status; ///< "left", "dead", "active", "gone".
  std::size_t moved = 0;
  double seconds = 0;
};

/// Follows a node until it is gone, or active again.
ending follow(voice& cluster, const ops_options& with) {
  ending out;
  interruptible here;
  auto begin = clock::now();
  std::size_t total = 0;
  std::optional<progress> shown;
  auto warned = false;
  for (;; interruptible::sleep(poll_s)) {
    out.seconds = since(begin);
    if (interruptible::happened()) {
      out.code = exit_interrupted;
      break;
    }
    if (out.seconds > with.timeout_s) {
      out.code = exit_timed_out;
      break;
    }
    document node;
    auto code = cluster.get(path_of(with.node), node);
    if (code == exit_not_found) {
      out.status = "gone";
      out.moved = total;
      break;
    }
    if (code == exit_no_answer || code == exit_timed_out || code == exit_failed)
      continue; // It may be the one that leaves; another one answers soon.
    if (code != exit_done) {
      out.code = code;
      break;
    }
    out.status = node.value("status", "");
    auto left = node.value("shards", std::size_t{0});
    if (!shown) {
      total = left;
      shown.emplace("shards", total);
    }
    out.moved = total - std::min(left, total);
    shown->show(out.moved, out.seconds, out.status);
    if (out.status == "left" || out.status == "dead" || out.status == "active")
      break;
    if (!warned && left > 0 && shown->stalled(out.seconds) > stall_s) {
      warned = true;
      shown->finish();
      std::cerr << "  nothing has moved for 15 s; why:  hansom events, hansom "
                   "shard ls --node "
                << with.node << '\n';
    }
  }
  if (shown)
    shown->finish();
  return out;
}

int report(voice& cluster, const ops_options& with, const std::string& what,
           const ending& x) {
  if (x.code == exit_interrupted) {
    say_interrupted(with.node, what);
    return x.code;
  }
  if (x.code == exit_timed_out) {
    std::cerr << "hansom: " << with.node << " is not done after "
              << with.timeout_s << " s; it goes on.\n  follow   hansom node "
              << "watch " << with.node << '\n';
    return x.code;
  }
  if (x.code != exit_done)
    return cluster.complain(x.code);
  if (with.target.json)
    std::cout << document{{"node", with.node},
                          {"status", x.status},
                          {"moved", x.moved},
                          {"seconds", x.seconds}}
                   .dump()
              << '\n';
  else
    std::cout << with.node << " is " << x.status << "; " << x.moved
              << " shards moved in "
              << seconds_text(static_cast<std::int64_t>(x.seconds * 1000))
              << ".\n";
  // Whoever waited for an empty node did not get one that had left in order.
  auto in_order = x.status == "left" || x.status == "gone";
  return what == "watch" || in_order ? exit_done : exit_failed;
}

int print_plan(const ops_options& with, const document& plan) {
  if (with.target.json) {
    std::cout << plan.dump(2) << '\n';
    return exit_done;
  }
  if (plan.value("already", false)) {
    std::cout << plan.value("why", "") << "; nothing to do.\n";
    return exit_done;
  }
  std::cout << with.node << ": " << plan.value("from", "?") << " -> "
            << plan.value("to", "?")
            << "\n  shards that move: " << summary_of(plan) << '\n';
  if (auto unpin = plan.value("unpin", document::array()); !unpin.empty())
    std::cout << "  pins that go: " << unpin.size() << '\n';
  if (auto why = plan.value("confirm", ""); !why.empty())
    std::cout << "  needs --confirm=" << with.node << ": " << why << '\n';
  std::cout << "Nothing was changed.\n";
  return exit_done;
}

/// Says what the order is about to do, asks where that is needed, and gives it.
/// @returns an exit code; `done`: it was so already.
int give(voice& cluster, const ops_options& with, const std::string& what,
         bool& done) {
  auto path = path_of(with.node, what);
  document body{{"reason", with.reason}, {"dry_run", true}};
  document plan;
  if (auto code = cluster.post(path, body, plan); code != exit_done)
    return cluster.complain(code);
  done = with.dry_run || plan.value("already", false);
  if (done)
    return print_plan(with, plan);
  auto confirm = with.confirm;
  if (auto why = plan.value("confirm", ""); !why.empty() && confirm.empty()) {
    if (!confirmed(with.node, why, "--confirm=" + with.node))
      return exit_refused;
    confirm = with.node;
  }
  body["dry_run"] = false;
  body["confirm"] = confirm;
  document answer;
  if (auto code = cluster.post(path, body, answer); code != exit_done)
    return cluster.complain(code);
  if (what == "drain" || what == "remove")
    std::cerr << (what == "drain" ? "Draining " : "Removing ") << with.node
              << ": " << summary_of(plan) << ".\n";
  return exit_done;
}

} // namespace

int node_ls(const ops_options& with) {
  voice cluster{with.target};
  document answer;
  if (auto code = cluster.get("/v1/admin/nodes", answer); code != exit_done)
    return cluster.complain(code);
  if (with.target.json)
    std::cout << answer["nodes"].dump(2) << '\n';
  else
    print_nodes(answer["nodes"]);
  return exit_done;
}

int node_status(const ops_options& with) {
  if (with.node.empty())
    return node_ls(with);
  voice cluster{with.target};
  document node;
  if (auto code = cluster.get(path_of(with.node), node); code != exit_done)
    return cluster.complain(code);
  if (with.target.json) {
    std::cout << node.dump(2) << '\n';
    return exit_done;
  }
  for (auto& [name, value] : node.items())
    std::cout << name << "  "
              << (value.is_string() ? value.get<std::string>() : value.dump())
              << '\n';
  return exit_done;
}

int node_order(const ops_options& with, const std::string& what) {
  voice cluster{with.target};
  document nodes;
  if (auto code = cluster.get("/v1/admin/nodes", nodes); code != exit_done)
    return cluster.complain(code);
  cluster.learn(nodes);
  auto done = false;
  if (auto code = give(cluster, with, what, done); code != exit_done || done)
    return code;
  if (what == "undrain" || what == "down" || with.no_wait) {
    if (with.target.json)
      std::cout << document{{"node", with.node}, {"order", what}}.dump()
                << '\n';
    else
      std::cout << (what == "undrain" ? with.node + " is active again"
                    : what == "down"
                      ? with.node + " is dead; its shards are taken over"
                      : with.node + " drains")
                << ".\n  look   hansom node ls\n";
    return exit_done;
  }
  auto end = follow(cluster, with);
  auto code = report(cluster, with, what, end);
  if (what != "remove" || code != exit_done)
    return code;
  document ignored; // The second time it is gone: only its pins are left.
  code = cluster.post(path_of(with.node, what),
                      document{{"reason", with.reason}}, ignored);
  return code == exit_done || code == exit_not_found ? exit_done
                                                     : cluster.complain(code);
}

int node_watch(const ops_options& with) {
  voice cluster{with.target};
  document nodes;
  if (auto code = cluster.get("/v1/admin/nodes", nodes); code != exit_done)
    return cluster.complain(code);
  cluster.learn(nodes);
  document node;
  if (auto code = cluster.get(path_of(with.node), node); code != exit_done)
    return cluster.complain(code);
  return report(cluster, with, "watch", follow(cluster, with));
}

namespace {

void say_how_to_add(const ops_options& with, const document& plan) {
  auto& to = with.dry_run || with.target.json ? std::cerr : std::cout;
  to << "On the machine of " << with.node
     << ", with the same keys as the other nodes and the same database:\n\n"
        "  HANSOM_POSTGRES_URL=postgresql://... hansom start \\\n"
        "    --set store.engine=postgresql --set cluster.enabled=true \\\n"
        "    --set node.name="
     << with.node << "\n\n"
     << plan.value("moves", document::array()).size()
     << " shards would move to it.\n";
}

} // namespace

int node_add(const ops_options& with) {
  voice cluster{with.target};
  document plan;
  if (auto code = cluster.get(path_of(with.node), plan);
      code == exit_done && plan.value("status", "") == "active") {
    std::cout << with.node << " is a member already; nothing to do.\n";
    return exit_done;
  } else if (code != exit_done && code != exit_not_found) {
    return cluster.complain(code);
  }
  if (auto code = cluster.get(path_of(with.node, "addition"), plan);
      code != exit_done)
    return cluster.complain(code);
  say_how_to_add(with, plan);
  if (with.dry_run && with.target.json)
    std::cout << plan.dump(2) << '\n';
  if (with.dry_run || with.no_wait)
    return exit_done;
  std::cerr << "Waiting for it; Ctrl-C stops waiting, nothing else.\n";
  interruptible here;
  auto begin = clock::now();
  std::string status = "not there";
  for (; since(begin) < with.timeout_s; interruptible::sleep(poll_s)) {
    if (interruptible::happened())
      return exit_interrupted;
    document node;
    auto code = cluster.get(path_of(with.node), node);
    if (code == exit_refused || code == exit_usage)
      return cluster.complain(code);
    auto now = code == exit_done ? node.value("status", "?") : status;
    if (now != status)
      std::cerr << "  " << with.node << " is " << now << '\n';
    status = now;
    if (status == "active") {
      std::cout << with.node
                << " is active. Its shards come to it:  hansom "
                   "rebalance status\n";
      return exit_done;
    }
  }
  std::cerr << "hansom: " << with.node << " is " << status << " after "
            << with.timeout_s << " s\n";
  return exit_timed_out;
}

} // namespace hansom::verbs
