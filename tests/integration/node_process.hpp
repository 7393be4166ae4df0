#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace hansom::testing {

/// The real program serving on a free port of 127.0.0.1, with its store in a
/// folder that goes with it.
class node_process {
public:
  /// @param settings as after --set.
  /// @throws std::runtime_error with the end of its log when it does not serve
  ///         within 30 s.
  explicit node_process(const std::vector<std::string>& settings);
  ~node_process();
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  [[nodiscard]] std::uint16_t port() const {
    return port_;
  }

  /// @returns the secret that its development tokens are signed with.
  [[nodiscard]] std::string key() const;

  /// Ends it with SIGKILL and starts it again over the same folder, on another
  /// port. @throws as the constructor does.
  void kill_and_restart();

  /// Asks it to stop and returns at once.
  void terminate() const;

  /// @returns its exit code; -1 when it does not end in time, or by a signal.
  int wait(std::chrono::milliseconds within);

private:
  void run();
  void wait_until_it_serves();

  std::vector<std::string> settings_;
  std::string folder_;
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

} // namespace hansom::testing
