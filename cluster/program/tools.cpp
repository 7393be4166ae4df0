#include "cluster/program/tools.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>

namespace hansom {

namespace {

bool become(const passwd& user) {
  return ::setgid(user.pw_gid) == 0 && ::setgroups(0, nullptr) == 0
         && ::setuid(user.pw_uid) == 0 && ::chdir("/") == 0;
}

/// In the child.
[[noreturn]] void be(const tool_call& what, const passwd* user) {
  if (user && !become(*user)) {
    std::cerr << "hansom: cannot become user " << what.user << ": "
              << std::strerror(errno) << '\n';
    ::_exit(126);
  }
  for (auto& [name, value] : what.environment)
    ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(what.words.size() + 1);
  for (auto& x : what.words)
    arguments.push_back(const_cast<char*>(x.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  std::cerr << "hansom: " << what.words[0]
            << " cannot be run: " << std::strerror(errno)
            << "; on Debian: apt-get install postgresql\n";
  ::_exit(127);
}

} // namespace

bool run_tool(const tool_call& what) {
  const passwd* user = nullptr;
  if (::geteuid() == 0 && !what.user.empty()) {
    user = ::getpwnam(what.user.c_str());
    if (!user)
      throw std::runtime_error{"there is no user " + what.user};
  }
  std::cout.flush();
  auto child = ::fork();
  if (child < 0)
    throw std::runtime_error{what.words[0] + ": " + std::strerror(errno)};
  if (child == 0)
    be(what, user);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace hansom
