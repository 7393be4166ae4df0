#include "bench/suite/section.hpp"

#include "bench/micro/timing.hpp"
#include "bench/suite/row_json.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace hansom::bench {

namespace {

volatile std::sig_atomic_t running = 0;

/// Ctrl-C ends the section's whole group, its servers too.
extern "C" void end_all(int) {
  if (running > 0)
    ::kill(-static_cast<pid_t>(running), SIGKILL);
  ::_exit(130);
}

[[noreturn]] void be_section(const section& what, int out) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  int code = 0;
  try {
    what.measure([out](const row& x) {
      const auto line = to_json(x).dump() + '\n';
      if (::write(out, line.data(), line.size()) < 0)
        ::_exit(1);
    });
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", what.name.c_str(), e.what());
    code = 1;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

/// @returns `false` when the time was up first.
bool read_rows(int from, double until, const report& to) {
  std::string text;
  for (;;) {
    const auto left = until - wall_seconds();
    pollfd in{from, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&in, 1, int(left * 1000) + 1);
    if (ready < 0)
      continue;
    if (ready == 0)
      return false;
    char part[4096];
    const auto n = ::read(from, part, sizeof part);
    if (n <= 0)
      return true;
    text.append(part, static_cast<std::size_t>(n));
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      to(row_of(nlohmann::json::parse(text.substr(0, end))));
      text.erase(0, end + 1);
    }
  }
}

} // namespace

std::string run(const section& what, const report& to) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return what.name + ": no pipe";
  std::signal(SIGINT, end_all);
  std::signal(SIGTERM, end_all);
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child < 0)
    return what.name + ": no process";
  if (child == 0) {
    ::close(ends[0]);
    be_section(what, ends[1]);
  }
  ::setpgid(child, child);
  running = child;
  ::close(ends[1]);
  const auto in_time =
    read_rows(ends[0], wall_seconds() + what.seconds_max, to);
  ::close(ends[0]);
  int status = 0;
  if (in_time)
    ::waitpid(child, &status, 0);
  ::kill(-child, SIGKILL); // What it may have left behind.
  if (!in_time)
    ::waitpid(child, &status, 0);
  running = 0;
  if (!in_time)
    return what.name + ": not done within "
           + std::to_string(static_cast<int>(what.seconds_max)) + " s";
  return status == 0 ? "" : what.name + ": failed; what it said is above";
}

} // namespace hansom::bench
