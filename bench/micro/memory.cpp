#include "bench/micro/memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

namespace hansom::bench {

double anonymous_memory(pid_t pid) {
  std::ifstream in{pid == 0 ? "/proc/self/status"
                            : "/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("RssAnon:"))
      return 1024 * std::strtod(line.c_str() + 8, nullptr);
  return 0;
}

std::vector<double> apart(const std::function<std::vector<double>()>& what) {
  int ends[2];
  if (::pipe(ends) != 0)
    throw std::runtime_error{"no pipe"};
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child < 0)
    throw std::runtime_error{"no process"};
  if (child == 0) {
    ::close(ends[0]);
    int code = 0;
    try {
      for (auto x : what())
        if (::write(ends[1], &x, sizeof x) != sizeof x)
          code = 1;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      code = 1;
    }
    ::_exit(code);
  }
  ::close(ends[1]);
  std::vector<double> out;
  for (double x = 0; ::read(ends[0], &x, sizeof x) == sizeof x;)
    out.push_back(x);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0 || out.empty())
    throw std::runtime_error{"a measurement in a process of its own failed"};
  return out;
}

} // namespace hansom::bench
