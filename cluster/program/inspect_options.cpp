#include "cluster/program/inspect_options.hpp"

#include "cluster/program/verb_flags.hpp"

#include <CLI/CLI.hpp>

namespace hansom {

namespace {

/// What the adders below share.
struct adding {
  inspect_options& x;
  std::function<int()>& run;

  CLI::App* verb(CLI::App& in, const char* name, const char* help,
                 std::function<int()> what) const {
    return add_verb(in, name, help, run, std::move(what));
  }

  void named(CLI::App* app, const char* what, const char* help) const {
    add_target_flags(app, x.target);
    app->add_option(what, x.name, help)->required();
  }
};

constexpr const char* actor_name = "KIND/ID, such as driver/42";
constexpr const char* trip_name = "Its id: 16 hexadecimal digits";

void add_filter(CLI::App* app, verbs::actor_list_options& to) {
  add_target_flags(app, to.target);
  app->add_option("--kind", to.kind, "driver, rider, trip or cell");
  app->add_option("--cell", to.cell, "All below this cell: 89c259");
  app->add_option("--shard", to.shard, "0 to 255");
  app->add_option("--node", to.node, "Name of the node");
  app->add_option("--state", to.state, "Such as on_trip, matching, available");
  app->add_option("--text", to.text, "Part of the name");
  app
    ->add_option("--sort", to.sort,
                 "mailbox, rate, busy, handled, age, running or name")
    ->check(CLI::IsMember(
      {"mailbox", "rate", "busy", "handled", "age", "running", "name"}))
    ->capture_default_str();
  app->add_option("--limit", to.limit, "Rows")
    ->check(CLI::Range(1, 1000))
    ->capture_default_str();
}

void add_actor_lists(CLI::App& actor, const adding& with) {
  auto& x = with.x;
  add_filter(
    with.verb(actor, "ls",
              "List actors, deepest mailbox first; asks none of them.\n"
              "  hansom actor ls --kind trip --state matching --sort age\n"
              "  actor                  state     mailbox  rate  ...\n"
              "  trip/00a1b2c3d4e5f607  matching        0   0.1  ...",
              [&x] { return verbs::actor_ls(x.actors); }),
    x.actors);
  auto* top =
    with.verb(actor, "top",
              "The same, live. Into a pipe: one table.\n"
              "Keys: / search  \\ filter  t tree  < > sort  Space tag  Z pause"
              "  F follow\n"
              "      w window or absolute  k passivate  q quit",
              [&x] { return verbs::actor_top(x.actors, x.every_s, x.rounds); });
  add_filter(top, x.actors);
  top->add_option("--every", x.every_s, "Seconds")
    ->check(CLI::Range(0.1, 3600.0))
    ->capture_default_str();
  top->add_option("--rounds", x.rounds,
                  "Print so many tables instead; 0: live, or one into a pipe");
  auto* tree =
    with.verb(actor, "tree",
              "Cells, their trips with driver and rider, free drivers.\n"
              "  hansom actor tree --cell 89c259\n"
              "  cell/89c259 matching\n"
              "    trip/00a1b2c3d4e5f607 on_trip\n"
              "      driver/7 on_trip",
              [&x] { return verbs::actor_tree(x.tree); });
  add_target_flags(tree, x.tree.target);
  tree->add_option("--cell", x.tree.cell, "Only this one");
  tree->add_option("--limit", x.tree.limit, "Children of each that are shown")
    ->check(CLI::Range(1, 200))
    ->capture_default_str();
}

void add_one_actor(CLI::App& actor, const adding& with) {
  auto& x = with.x;
  with.named(with.verb(actor, "show",
                       "One actor: state, mailbox, last messages.\n"
                       "  hansom actor show driver/42",
                       [&x] { return verbs::actor_show(x.target, x.name); }),
             "actor", actor_name);
  auto* tail =
    with.verb(actor, "tail",
              "The messages that an actor handles, as they come; at "
              "most 200 a second.\n"
              "  hansom actor tail driver/42\n"
              "  18:04:11.820  driver_moved  12 us  driver_moved(...)",
              [&x] { return verbs::actor_tail(x.tail); });
  add_target_flags(tail, x.tail.target);
  tail->add_option("actor", x.tail.who, actor_name)->required();
  tail->add_option("--seconds", x.tail.seconds, "Then end; 0: until stopped")
    ->check(CLI::Range(0.0, 86'400.0));
  tail->add_option("--messages", x.tail.messages, "Then end; 0: never");
  auto* leave =
    with.verb(actor, "passivate",
              "Ask an actor to leave memory; asks first. The next message "
              "brings it back.\n"
              "  hansom actor passivate trip/00a1b2c3d4e5f607 --dry-run",
              [&x] { return verbs::actor_passivate(x.passivate); });
  add_target_flags(leave, x.passivate.target);
  leave->add_option("actor", x.passivate.who, actor_name)->required();
  leave->add_flag("--dry-run", x.passivate.dry_run, "Only say what would be");
  leave->add_flag("--yes", x.passivate.yes, "Do not ask");
}

void add_actor_troubles(CLI::App& actor, const adding& with) {
  auto& x = with.x;
  add_target_flags(
    with.verb(actor, "stuck",
              "Handlers beyond their deadline, mailboxes too deep, slow "
              "handlers, deaths.\n"
              "Exit code 0 when nothing is stuck now, else 1.\n"
              "  hansom actor stuck\n"
              "  nothing is stuck",
              [&x] { return verbs::actor_stuck(x.target); }),
    x.target);
  add_target_flags(
    with.verb(actor, "deadletters",
              "Messages that nobody took, by reason, and the last of them.\n"
              "  hansom actor deadletters",
              [&x] { return verbs::actor_deadletters(x.target); }),
    x.target);
  auto* messages =
    with.verb(actor, "messages",
              "How long which messages take: count, failures, p50, p99.\n"
              "  hansom actor messages --sort p99",
              [&x] { return verbs::actor_messages(x.messages); });
  add_target_flags(messages, x.messages.target);
  messages->add_option("--kind", x.messages.kind, "driver, rider, trip, cell");
  messages->add_option("--sort", x.messages.sort)
    ->check(CLI::IsMember({"handled", "failed", "slow", "p99", "busy"}))
    ->capture_default_str();
  auto* trace = with.verb(actor, "trace",
                          "One trip across all its actors, in order of time.\n"
                          "  hansom actor trace 00a1b2c3d4e5f607\n"
                          "  18:04:11.820  +0 ms  rider/3  trip_request  41 us",
                          [&x] { return verbs::actor_trace(x.trace); });
  add_target_flags(trace, x.trace.target);
  trace->add_option("trip", x.trace.trip, trip_name)->required();
  trace->add_flag("--live", x.trace.live,
                  "Record every message about it first, for a while");
  trace->add_option("--messages", x.trace.messages, "With --live: at most")
    ->check(CLI::Range(1, 500))
    ->capture_default_str();
  trace->add_option("--seconds", x.trace.seconds, "With --live: at most")
    ->check(CLI::Range(1, 30))
    ->capture_default_str();
}

CLI::App& add_trips(CLI::App& root, const adding& with) {
  auto& x = with.x;
  auto& trip = add_group(root, "trip", "Look at trips, and end one");
  auto* ls = with.verb(trip, "ls",
                       "Trips in memory, oldest first.\n"
                       "  hansom trip ls --phase matching --cell 89c259\n"
                       "  hansom trip ls --rider 42",
                       [&x] { return verbs::trip_ls(x.trips); });
  add_target_flags(ls, x.trips.target);
  ls->add_option("--phase", x.trips.phase, "Such as matching or on_trip");
  ls->add_option("--cell", x.trips.cell, "S2 token of the pickup's cell");
  ls->add_option("--rider", x.trips.rider, "Account number");
  ls->add_option("--driver", x.trips.driver, "Account number");
  ls->add_option("--limit", x.trips.limit, "Rows")
    ->check(CLI::Range(1, 1000))
    ->capture_default_str();
  with.named(with.verb(trip, "show", "State and journal of a trip",
                       [&x] { return verbs::trip_show(x.target, x.name); }),
             "trip", trip_name);
  with.named(
    with.verb(trip, "why",
              "Why this driver, and who else was considered.\n"
              "  hansom trip why 00a1b2c3d4e5f607\n"
              "  driver  verdict  gate             cost  ETA    distance\n"
              "  42      chosen   -               190.0  3m10s    1200 m\n"
              "  23      gated    declined_before     -  -         800 m",
              [&x] { return verbs::trip_why(x.target, x.name); }),
    "trip", trip_name);
  return trip;
}

} // namespace

CLI::App& add_inspection_verbs(CLI::App& root, inspect_options& x,
                               std::function<int()>& run) {
  adding with{x, run};
  auto& actor =
    add_group(root, "actor", "Look at the actors of a running node");
  add_actor_lists(actor, with);
  add_one_actor(actor, with);
  add_actor_troubles(actor, with);
  auto& cell = add_group(root, "cell", "Look at the city's cells");
  add_target_flags(with.verb(cell, "ls",
                             "All cells with supply, demand and price",
                             [&x] { return verbs::cell_ls(x.target); }),
                   x.target);
  with.named(with.verb(cell, "show", "One cell",
                       [&x] { return verbs::cell_show(x.target, x.name); }),
             "cell", "S2 token, such as 89c259");
  return add_trips(root, with);
}

} // namespace hansom
