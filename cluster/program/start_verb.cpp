#include "cluster/admin/node_file.hpp"
#include "cluster/config/duration_text.hpp"
#include "cluster/node/logging.hpp"
#include "cluster/node/node.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/program/verbs.hpp"

#include <unistd.h>

#include <csignal>
#include <iostream>

namespace hansom::verbs {

namespace {

/// Signals are taken by `sigwait` on the main thread alone: every thread
/// started from here on inherits the block.
sigset_t block_stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

/// Waits for a stop signal, or until the node was drained.
/// @returns `false` when the node has lost its shards instead.
bool wait_for_stop(const sigset_t& signals, const node& here) {
  constexpr timespec look_every{0, 250'000'000};
  while (!here.is_fenced())
    if (sigtimedwait(&signals, nullptr, &look_every) > 0 || here.has_left())
      return true;
  return false;
}

} // namespace

int start(const config_sources& from) {
  settings with;
  auto errors = load_settings(from, with);
  if (!errors.empty()) {
    for (auto& e : errors)
      std::cerr << e << '\n';
    return exit_usage;
  }
  set_up_logging(with.log);
  auto signals = block_stop_signals();
  auto data = with.node.data;
  try {
    node here{std::move(with)};
    here.start();
    write_node_file(data, {here.url(), static_cast<long>(::getpid())});
    std::cout << "Hansom serves at " << here.url() << " with data in " << data
              << "; " << here.recovered()
              << " open entities brought back. Ctrl-C stops it.\n"
              << "  look   hansom actor top --data " << data << '\n'
              << std::flush;
    auto fenced = !wait_for_stop(signals, here);
    if (fenced)
      std::cerr << "hansom: another node has taken over; what this one still "
                   "wrote was refused. It ends.\n";
    std::cout << "Stopping.\n" << std::flush;
    remove_node_file(data);
    here.stop();
    if (fenced)
      return exit_failed;
  } catch (const std::exception& e) {
    std::cerr << "hansom: " << e.what() << '\n';
    return exit_failed;
  }
  return exit_done;
}

} // namespace hansom::verbs
