#include "cluster/program/ops_options.hpp"

#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verb_flags.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace hansom {

namespace {

using verbs::ops_options;

/// What the declarations below share.
struct declared {
  ops_options& x;
  std::function<int()>& run;

  CLI::App* verb(CLI::App& in, const char* name, const char* help,
                 std::function<int()> f) const {
    auto* app = add_verb(in, name, help, run, std::move(f));
    add_target_flags(app, x.target);
    return app;
  }

  void named(CLI::App* app, bool required = true) const {
    auto* option = app->add_option("node", x.node, "Its name");
    if (required)
      option->required();
  }

  void tries(CLI::App* app) const {
    app->add_flag("--dry-run", x.dry_run, "Say what would happen");
  }

  void changes(CLI::App* app) const {
    tries(app);
    app->add_option("--reason", x.reason, "For who reads the events");
  }

  void waits(CLI::App* app) const {
    app->add_flag("--no-wait", x.no_wait, "Begin it and return");
    app->add_option("--timeout", x.timeout_s, "Seconds to follow it for")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  }
};

void add_node(const declared& d, CLI::App& root) {
  auto& x = d.x;
  auto& node = add_group(root, "node", "The nodes of a cluster");
  d.verb(node, "ls", "All nodes: status, shards, heartbeat",
         [&x] { return verbs::node_ls(x); });
  d.named(d.verb(node, "status", "One node, or all",
                 [&x] { return verbs::node_status(x); }),
          false);
  auto order = [&](const char* name, const char* help) {
    auto* app = d.verb(node, name, help, [&x, what = std::string{name}] {
      return verbs::node_order(x, what);
    });
    d.named(app);
    d.changes(app);
    app->add_option("--confirm", x.confirm,
                    "The node's name, typed beforehand");
    return app;
  };
  d.waits(order("drain",
                "Give its shards to others; its process ends when it has none. "
                "Ctrl-C stops watching, not draining.\n"
                "  hansom node drain n3 --dry-run"));
  order("undrain", "Keep what it has not given away yet");
  d.waits(order("remove", "Drain it, then forget its pins as well"));
  order("down", "Declare a node dead that cannot answer; asks first.\n"
                "  hansom node down n3 --reason \"disk gone\" --confirm=n3");
  auto* add = d.verb(node, "add",
                     "Say how to start one more, and wait until it is there.\n"
                     "  hansom node add n4",
                     [&x] { return verbs::node_add(x); });
  d.named(add);
  d.tries(add);
  d.waits(add);
  auto* watch = d.verb(node, "watch", "Follow a drain until it ends",
                       [&x] { return verbs::node_watch(x); });
  d.named(watch);
  d.waits(watch);
}

void add_shard(const declared& d, CLI::App& root) {
  auto& x = d.x;
  auto& shard = add_group(root, "shard", "Who owns which part of the city");
  auto* ls = d.verb(shard, "ls", "Owner, epoch and pin of each",
                    [&x] { return verbs::shard_ls(x); });
  ls->add_option("--node", x.of_node, "Those of one node");
  ls->add_flag("--moving", x.moving, "Those that should be elsewhere");
  auto numbered = [&](CLI::App* app) {
    app->add_option("shard", x.shard, "0 to 255")
      ->required()
      ->check(CLI::Range(0, 255));
    d.changes(app);
    return app;
  };
  auto* move = numbered(d.verb(shard, "move",
                               "Pin it to a node and wait until it is there.\n"
                               "  hansom shard move 17 n2",
                               [&x] { return verbs::shard_move(x); }));
  d.named(move);
  d.waits(move);
  d.named(numbered(d.verb(shard, "pin", "Keep it on one node",
                          [&x] { return verbs::shard_pin(x, "pin"); })));
  numbered(d.verb(shard, "unpin", "Let it go where its share says",
                  [&x] { return verbs::shard_pin(x, "unpin"); }));
}

void add_rebalance(const declared& d, CLI::App& root) {
  auto& x = d.x;
  auto& rebalance = add_group(root, "rebalance", "Moves that nobody ordered");
  d.verb(rebalance, "status", "Whether shards are where they should be",
         [&x] { return verbs::rebalance_status(x, false); });
  d.verb(rebalance, "plan", "Each move that is left to do, and why",
         [&x] { return verbs::rebalance_status(x, true); });
  for (auto* what : {"pause", "resume"})
    d.changes(
      d.verb(rebalance, what,
             what[0] == 'p' ? "No moves, while you look" : "Moves again",
             [&x, what = std::string{what}] {
               return verbs::rebalance_order(x, what);
             }));
}

/// The app that the words lead to, and what has been typed of the next word.
const CLI::App* walk(const CLI::App* at, const std::vector<std::string>& words,
                     std::string& path) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].empty() || words[i][0] == '-')
      continue;
    for (auto* x : at->get_subcommands({}))
      if (x->check_name(words[i])) {
        at = x;
        path += (path.empty() ? "" : " ") + words[i];
        break;
      }
  }
  return at;
}

int print_words(const CLI::App& root, const ops_options& x,
                const std::vector<std::string>& words) {
  std::string path;
  auto typed = words.empty() ? std::string{} : words.back();
  auto* at = walk(&root, words, path);
  std::vector<std::string> found;
  for (auto* sub : at->get_subcommands({}))
    found.push_back(sub->get_name());
  if (!typed.empty() && typed[0] == '-')
    for (auto* option : at->get_options())
      for (auto& name : option->get_lnames())
        found.push_back("--" + name);
  else if (path == "cell show"
           || (path.starts_with("node ") && path != "node ls"
               && path != "node add")
           || path == "shard move" || path == "shard pin")
    for (auto& name : verbs::completion_names(x.target, path))
      found.push_back(name);
  for (auto& word : found)
    if (word.starts_with(typed))
      std::cout << word << '\n';
  return exit_done;
}

void add_completion(const declared& d, CLI::App& root) {
  auto& completion = add_group(root, "completion",
                               "Let a shell complete words of this program.\n"
                               "  eval \"$(hansom completion bash)\"");
  for (auto* shell : {"bash", "zsh", "fish"})
    completion.add_subcommand(shell, std::string{"The script for "} + shell)
      ->callback([to = &d.run, shell = std::string{shell}] {
        *to = [shell] { return verbs::completion(shell); };
      });
  auto* words = completion.add_subcommand("words", "What may follow");
  words->prefix_command(); // What is typed already is not ours to parse.
  words->callback([to = &d.run, words, &root, x = &d.x] {
    *to = [words, &root, x] {
      return print_words(root, *x, words->remaining());
    };
  });
}

} // namespace

void add_ops_verbs(CLI::App& root, ops_options& x, std::function<int()>& run) {
  declared d{x, run};
  d.verb(root, "status",
         "The city in eight lines; exit code 0 only when all is well",
         [&x] { return verbs::status(x); });
  add_node(d, root);
  add_shard(d, root);
  add_rebalance(d, root);
  auto* events =
    d.verb(root, "events", "Joins, drains, moves, alarms: who did what and why",
           [&x] { return verbs::events(x); });
  events->add_flag("--follow", x.follow, "Go on until stopped");
  events->add_option("--last", x.last, "How many to begin with")
    ->check(CLI::Range(1, 1000))
    ->capture_default_str();
  auto* bundle = d.verb(root, "bundle",
                        "Log, settings without secrets, metrics and actors of "
                        "a node, for whoever helps you",
                        [&x] { return verbs::bundle(x); });
  bundle->add_option("--to", x.place, "File, or folder; here when left out");
  add_completion(d, root);
}

} // namespace hansom
