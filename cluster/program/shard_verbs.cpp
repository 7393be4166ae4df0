#include "cluster/program/exit_codes.hpp"
#include "cluster/program/ops_verbs.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/voice.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <map>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;

std::string or_dash(const std::string& x) {
  return x.empty() ? "-" : x;
}

document shards_of(const document& answer, const ops_options& with) {
  auto out = document::array();
  for (auto& x : answer.value("shards", document::array()))
    if ((with.of_node.empty() || x.value("owner", "") == with.of_node)
        && (!with.moving || x.value("owner", "") != x.value("wanted", "")))
      out.push_back(x);
  return out;
}

/// The name of a shard's owner; empty when it cannot be told.
int owner_of(voice& cluster, std::uint32_t shard, std::string& out) {
  document answer;
  auto code = cluster.get("/v1/admin/shards", answer);
  if (code == exit_done)
    out = answer.at("shards").at(shard).value("owner", "");
  return code;
}

int order(voice& cluster, const ops_options& with, const std::string& what,
          document& answer) {
  document body{{"reason", with.reason}, {"dry_run", with.dry_run}};
  if (what == "pin")
    body["node"] = with.node;
  auto code =
    cluster.post("/v1/admin/shards/" + std::to_string(with.shard) + '/' + what,
                 body, answer);
  return code == exit_done ? code : cluster.complain(code);
}

} // namespace

int shard_ls(const ops_options& with) {
  voice cluster{with.target};
  document answer;
  if (auto code = cluster.get("/v1/admin/shards", answer); code != exit_done)
    return cluster.complain(code);
  auto shards = shards_of(answer, with);
  if (with.target.json) {
    std::cout << shards.dump(2) << '\n';
    return exit_done;
  }
  std::vector<std::vector<std::string>> rows;
  for (auto& x : shards)
    rows.push_back({x["shard"].dump(), or_dash(x.value("owner", "")),
                    or_dash(x.value("wanted", "")), x["epoch"].dump(),
                    or_dash(x.value("pin", ""))});
  print_table(std::cout, {"shard", "owner", "wanted", "epoch", "pin"}, rows);
  return exit_done;
}

int shard_pin(const ops_options& with, const std::string& what) {
  voice cluster{with.target};
  document answer;
  if (auto code = order(cluster, with, what, answer); code != exit_done)
    return code;
  if (with.target.json) {
    std::cout << answer.dump(2) << '\n';
    return exit_done;
  }
  auto now = what == "pin" ? "pinned to " + with.node : "not pinned";
  std::cout << "Shard " << with.shard
            << (answer.value("already", false) ? " is "
                : with.dry_run                 ? " would be "
                                               : " is now ")
            << now
            << (answer.value("already", false) ? " already; nothing to do" : "")
            << ".\n";
  return exit_done;
}

int shard_move(const ops_options& with) {
  voice cluster{with.target};
  document answer;
  if (auto code = order(cluster, with, "pin", answer); code != exit_done)
    return code;
  auto from = answer.value("owner", "");
  if (with.dry_run || with.no_wait || from == with.node) {
    if (with.target.json)
      std::cout << answer.dump(2) << '\n';
    else
      std::cout << "Shard " << with.shard
                << (from == with.node ? " is on " + with.node + " already"
                    : with.dry_run
                      ? " would move from " + or_dash(from) + " to " + with.node
                      : " moves to " + with.node)
                << ".\n";
    return exit_done;
  }
  std::cerr << "Moving shard " << with.shard << " from " << or_dash(from)
            << " to " << with.node << ".\n";
  interruptible here;
  auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  std::string owner = from;
  for (; owner != with.node; interruptible::sleep(0.2)) {
    seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
        .count();
    if (interruptible::happened()) {
      std::cerr << "It goes on.\n  look   hansom shard ls --moving\n  undo   "
                   "hansom shard unpin "
                << with.shard << '\n';
      return exit_interrupted;
    }
    if (seconds > with.timeout_s) {
      std::cerr << "hansom: shard " << with.shard << " is on " << or_dash(owner)
                << " after " << with.timeout_s
                << " s; it goes on.\n  look   hansom shard ls --moving\n";
      return exit_timed_out;
    }
    if (auto code = owner_of(cluster, with.shard, owner);
        code != exit_done && code != exit_no_answer)
      return cluster.complain(code);
  }
  if (with.target.json)
    std::cout << document{{"shard", with.shard},
                          {"owner", owner},
                          {"seconds", seconds}}
                   .dump()
              << '\n';
  else
    std::cout << "Shard " << with.shard << " is on " << with.node
              << ", and stays there until  hansom shard unpin " << with.shard
              << '\n';
  return exit_done;
}

int rebalance_status(const ops_options& with, bool plan) {
  voice cluster{with.target};
  document answer;
  if (auto code = cluster.get("/v1/admin/rebalance", answer); code != exit_done)
    return cluster.complain(code);
  if (with.target.json) {
    std::cout << answer.dump(2) << '\n';
    return exit_done;
  }
  auto& moves = answer["moves"];
  if (plan) {
    std::vector<std::vector<std::string>> rows;
    for (auto& x : moves)
      rows.push_back({x["shard"].dump(), or_dash(x.value("from", "")),
                      x.value("to", ""), x.value("why", "")});
    print_table(std::cout, {"shard", "from", "to", "why"}, rows);
    return exit_done;
  }
  auto shards = answer.value("shards", std::size_t{0});
  auto nobody = answer.value("nobody", std::size_t{0});
  std::cout << "Rebalancing is "
            << (answer.value("paused", false) ? "paused" : "on") << ": "
            << shards - std::min(shards, moves.size()) << " of " << shards
            << " shards are where they should be, " << moves.size() << " move";
  if (nobody > 0)
    std::cout << ", " << nobody << " have no owner";
  std::cout << ".\n";
  return exit_done;
}

int rebalance_order(const ops_options& with, const std::string& what) {
  voice cluster{with.target};
  document answer;
  if (auto code = cluster.post(
        "/v1/admin/rebalance/" + what,
        {{"reason", with.reason}, {"dry_run", with.dry_run}}, answer);
      code != exit_done)
    return cluster.complain(code);
  if (with.target.json)
    std::cout << answer.dump(2) << '\n';
  else
    std::cout << "Rebalancing "
              << (answer.value("already", false) ? "is "
                  : with.dry_run                 ? "would be "
                                                 : "is now ")
              << (what == "pause" ? "paused" : "on")
              << (answer.value("already", false) ? " already" : "") << ".\n";
  return exit_done;
}

} // namespace hansom::verbs
