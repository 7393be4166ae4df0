#include "cluster/admin/node_file.hpp"
#include "cluster/check/check.hpp"
#include "cluster/node/open_store.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>

namespace hansom::verbs {

namespace {

/// Set by a signal: a fleet ends its demand and drains; a second signal ends
/// the process.
std::atomic<bool> stop_asked{false};

void ask_to_stop(int number) {
  if (stop_asked.exchange(true)) {
    std::signal(number, SIG_DFL);
    ::raise(number);
  }
}

} // namespace

int fleet_run(fleet::fleet_options with) {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGPIPE, SIG_IGN);
  with.live_line = ::isatty(STDERR_FILENO) != 0;
  return fleet::run_fleet(with, std::cerr, std::cout, stop_asked);
}

int simulate(simulate::simulate_options with, const config_sources& from) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  with.config = loaded.dispatch;
  return simulate::run_simulation(with, std::cout);
}

int check(const check_options& with, const config_sources& from) {
  settings loaded;
  auto errors = load_settings(from, loaded);
  for (auto& e : errors)
    std::cerr << e << '\n';
  if (!errors.empty())
    return exit_usage;
  loaded.node.data = with.data;
  if (loaded.store.engine == store_engine::sqlite
      && !std::filesystem::exists(std::filesystem::path{with.data}
                                  / "hansom.db")) {
    std::cerr << "hansom: no store in folder " << with.data << '\n';
    return exit_not_found;
  }
  if (auto running = read_node_file(with.data)) {
    std::cerr << "hansom: a node (process " << running->pid
              << ") works on folder " << with.data
              << "; stop it first, or check a copy\n";
    return exit_refused;
  }
  try {
    auto store = open_store_read_only(loaded);
    if (loaded.store.engine == store_engine::postgresql)
      store->open()->migrate(); // Which only verifies the schema.
    return run_check(*store, std::cout, with.json, with.history, with.stream);
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_failed;
  }
}

} // namespace hansom::verbs
