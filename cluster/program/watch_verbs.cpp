#include "cluster/admin/admin_client.hpp"
#include "cluster/program/ask.hpp"
#include "cluster/program/confirm.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/json_table.hpp"
#include "cluster/program/names.hpp"
#include "cluster/program/table.hpp"
#include "cluster/program/verbs.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <thread>

namespace hansom::verbs {

namespace {

using document = nlohmann::json;
using steady = std::chrono::steady_clock;

/// What an order would do, to be asked about.
std::string without_stop(const document& plan) {
  auto text = plan.value("why", "");
  if (text.ends_with('.'))
    text.pop_back();
  return text;
}

std::string microseconds(const document& x) {
  return cell_text(x.value("took_us", document(0))) + " us";
}

// -- the tree -----------------------------------------------------------------

void print_branch(const document& x, int depth) {
  std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  std::cout << indent << branch_text(x);
  if (x.contains("state"))
    std::cout << ' ' << cell_text(x["state"]);
  if (x.value("mailbox", 0) > 0)
    std::cout << "  mailbox " << x["mailbox"].dump();
  std::cout << '\n';
  for (auto& child : x["children"])
    print_branch(child, depth + 1);
  if (x.value("more", 0) > 0)
    std::cout << indent << "  and " << x["more"].dump() << " more\n";
}

// -- troubles -----------------------------------------------------------------

/// @param more how many there are beyond.
void print_section(const char* title, const document& items,
                   const std::vector<std::string>& columns,
                   std::size_t more = 0) {
  if (items.empty())
    return;
  std::cout << '\n' << title << '\n';
  print_table(std::cout, columns, rows_of(items, columns));
  if (more > 0)
    std::cout << "and " << more << " more\n";
}

/// With times of day instead of milliseconds.
document with_times(document items) {
  for (auto& x : items)
    x["at"] = time_text(x.value("at_ms", std::int64_t{0}));
  return items;
}

// -- traces -------------------------------------------------------------------

void print_trace(const document& x) {
  std::vector<std::vector<std::string>> rows;
  for (auto& e : x["events"])
    rows.push_back(
      {time_text(e.value("at_ms", std::int64_t{0})),
       "+" + cell_text(e["after_ms"]) + " ms", cell_text(e["actor"]),
       cell_text(e["name"]),
       e.value("source", "") == "journal" ? "durable" : microseconds(e),
       e.contains("data") ? e["data"].dump()
                          : cell_text(e.value("text", document("")))});
  print_table(std::cout, {"at", "after", "actor", "what", "took", "said"},
              rows);
  if (x.value("journal_cut", false))
    std::cerr << "Later events of its journal are left out.\n";
}

/// Begins a live trace and waits until it has ended.
int trace_live(const trace_options& with, const std::string& path) {
  document live;
  if (auto code =
        order(with.target, path,
              {{"messages", with.messages}, {"seconds", with.seconds}}, live);
      code != exit_done)
    return code;
  std::cerr << "Recording up to " << with.messages << " messages for at most "
            << with.seconds << " s...\n";
  auto until = steady::now() + std::chrono::seconds{with.seconds + 2};
  while (steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds{250});
    document answer;
    if (auto code = ask(with.target, path, answer); code != exit_done)
      return code;
    if (!answer["live"].is_object() || !answer["live"].value("active", false))
      break;
  }
  return exit_done;
}

} // namespace

int actor_tree(const tree_options& with) {
  document answer;
  auto path = "/v1/admin/tree?limit=" + std::to_string(with.limit)
              + "&cell=" + url_encoded(with.cell);
  if (auto code = ask(with.target, path, answer); code != exit_done)
    return code;
  if (with.target.json) {
    std::cout << answer.dump(2) << '\n';
    return exit_done;
  }
  for (auto& x : answer["children"])
    print_branch(x, 0);
  if (answer.value("more", 0) > 0)
    std::cout << "and " << answer["more"].dump() << " more cells\n";
  return exit_done;
}

int actor_tail(const tail_options& with) {
  entity_ref who;
  if (!read_actor(with.who, who))
    return exit_usage;
  auto path = "/v1/admin/actors/" + to_string(who) + "/tail?after=";
  std::uint64_t after = 0;
  std::uint64_t seen = 0;
  std::uint64_t dropped = 0;
  auto until =
    steady::now()
    + std::chrono::milliseconds{static_cast<std::int64_t>(with.seconds * 1000)};
  // Shorter than the client's patience.
  while (with.seconds == 0 || steady::now() < until) {
    document answer;
    if (auto code = ask(with.target,
                        path + std::to_string(after) + "&wait_ms=1000", answer);
        code != exit_done)
      return code;
    after = answer.value("next", after);
    for (auto& m : answer["messages"]) {
      if (with.target.json)
        std::cout << m.dump() << '\n';
      else
        std::cout << time_text(m.value("at_ms", std::int64_t{0})) << "  "
                  << cell_text(m["message"]) << "  " << microseconds(m) << "  "
                  << cell_text(m["text"]) << '\n';
      if (++seen == with.messages)
        return exit_done;
    }
    std::cout.flush();
    auto lost = answer.value("dropped", std::uint64_t{0});
    if (lost > dropped)
      std::cerr << lost - dropped << " messages were dropped: more than "
                << answer["rate_max"].dump() << " a second\n";
    dropped = lost;
  }
  return exit_done;
}

int actor_trace(const trace_options& with) {
  trip_id trip;
  if (!read_trip(with.trip, trip))
    return exit_usage;
  auto path = "/v1/admin/trips/" + to_string(trip) + "/trace";
  if (with.live)
    if (auto code = trace_live(with, path); code != exit_done)
      return code;
  document answer;
  if (auto code = ask(with.target, path, answer); code != exit_done)
    return code;
  if (with.target.json)
    std::cout << answer.dump(2) << '\n';
  else
    print_trace(answer);
  return exit_done;
}

int actor_messages(const message_list_options& with) {
  static const std::vector<std::string> columns{
    "kind",   "message", "handled", "failed",      "slow",
    "p50_us", "p99_us",  "mean_us", "deadline_ms", "busy_ms"};
  document answer;
  auto path = "/v1/admin/messages?sort=" + url_encoded(with.sort)
              + "&kind=" + url_encoded(with.kind);
  if (auto code = ask(with.target, path, answer); code != exit_done)
    return code;
  if (with.target.json)
    std::cout << answer["messages"].dump(2) << '\n';
  else
    print_table(std::cout, columns, rows_of(answer["messages"], columns));
  return exit_done;
}

int actor_stuck(const target_options& with) {
  document x;
  if (auto code = ask(with, "/v1/admin/stuck", x); code != exit_done)
    return code;
  auto well = x["running"].empty() && x["backlog"].empty();
  if (with.json) {
    std::cout << x.dump(2) << '\n';
    return well ? exit_done : exit_failed;
  }
  print_section("In a handler for too long", x["running"],
                {"actor", "message", "running_ms", "deadline_ms", "mailbox"},
                x.value("running_more", std::size_t{0}));
  print_section("Too much mail", x["backlog"],
                {"actor", "mailbox", "backlog_max", "running", "running_ms"},
                x.value("backlog_more", std::size_t{0}));
  print_section("Handlers that were slow", x["slow"]["by"],
                {"kind", "message", "count"});
  print_section("The last of them", with_times(x["slow"]["last"]),
                {"at", "actor", "message", "took_us", "deadline_ms"});
  print_section("Actors that have died", with_times(x["deaths"]["last"]),
                {"at", "actor", "message", "why"});
  std::cout << cell_text(x["verdict"]) << '\n';
  return well ? exit_done : exit_failed;
}

int actor_deadletters(const target_options& with) {
  document x;
  if (auto code = ask(with, "/v1/admin/deadletters", x); code != exit_done)
    return code;
  if (with.json) {
    std::cout << x.dump(2) << '\n';
    return exit_done;
  }
  std::cout << cell_text(x["total"]) << " messages that nobody took, "
            << cell_text(x["unhandled"]["total"])
            << " that their receiver does not know\n";
  print_section("By reason", x["by"], {"reason", "count"});
  print_section("The last of them", with_times(x["last"]),
                {"at", "actor", "message", "reason"});
  print_section("Not known", with_times(x["unhandled"]["last"]),
                {"at", "actor", "message"});
  print_section("Everything else dropped or refused", x["drops"],
                {"reason", "count"});
  return exit_done;
}

int actor_passivate(const passivate_options& with) {
  entity_ref who;
  if (!read_actor(with.who, who))
    return exit_usage;
  auto path = "/v1/admin/actors/" + to_string(who) + "/passivate";
  document plan;
  if (with.dry_run || !with.yes)
    if (auto code = order(with.target, path, {{"dry_run", true}}, plan);
        code != exit_done)
      return code;
  if (with.dry_run) {
    std::cout << (with.target.json ? plan.dump(2) : cell_text(plan["why"]))
              << '\n';
    return exit_done;
  }
  if (!with.yes && !confirmed(to_string(who), without_stop(plan), "--yes"))
    return exit_refused;
  document answer;
  if (auto code = order(with.target, path, document::object(), answer);
      code != exit_done)
    return code;
  if (with.target.json)
    std::cout << answer.dump(2) << '\n';
  else
    std::cout << to_string(who) << ": " << cell_text(answer["why"]) << '\n';
  return answer.value("left", false) ? exit_done : exit_refused;
}

} // namespace hansom::verbs
