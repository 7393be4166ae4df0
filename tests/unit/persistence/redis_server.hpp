#pragma once

#include "persistence/redis/link.hpp"
#include "tests/unit/persistence/store_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace hansom::redis::testing {

/// A real redis-server of one's own, on a unix socket, without any disk.
class redis_server {
public:
  explicit redis_server(std::vector<std::string> more = {})
    : more_{std::move(more)} {
    start();
  }
  ~redis_server() {
    stop();
  }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  /// Returns when it accepts connections.
  void start() {
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   socket(),
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no",
                                   "--daemonize",
                                   "no",
                                   "--logfile",
                                   folder_.path() + "/log"};
    words.insert(words.end(), more_.begin(), more_.end());
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      std::vector<char*> argv;
      for (auto& x : words)
        argv.push_back(x.data());
      argv.push_back(nullptr);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    for (int i = 0; i < 500 && ::access(socket().c_str(), F_OK) != 0; ++i)
      std::this_thread::sleep_for(milliseconds{10});
    REQUIRE(::access(socket().c_str(), F_OK) == 0);
  }

  void stop() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    ::unlink(socket().c_str());
  }

  void freeze() const {
    ::kill(pid_, SIGSTOP);
  }
  void thaw() const {
    ::kill(pid_, SIGCONT);
  }

  [[nodiscard]] std::string socket() const {
    return folder_.path() + "/redis.sock";
  }
  [[nodiscard]] link_config config() const {
    link_config out;
    out.to.socket = socket();
    return out;
  }

private:
  store::testing::temporary_folder folder_;
  std::vector<std::string> more_;
  pid_t pid_ = 0;
};

inline bool eventually(const std::function<bool()>& holds,
                       milliseconds within = milliseconds{5000}) {
  auto until = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return true;
}

inline std::uint64_t drops(const link& x, link_drop why) {
  return x.stats().drops[static_cast<std::size_t>(why)];
}

} // namespace hansom::redis::testing
