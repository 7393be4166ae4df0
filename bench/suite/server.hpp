#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace hansom::bench {

/// @returns a port of the loopback that nobody listens on now.
std::uint16_t free_port();

/// A server in a process of its own: started, asked, stopped.
class server {
public:
  /// Starts `program` with `arguments`; its output goes to `log`.
  server(const std::string& program, const std::vector<std::string>& arguments,
         std::uint16_t port, const std::string& log);
  /// Runs `body` in a forked process. @pre the caller has one thread.
  server(const std::function<void()>& body, std::uint16_t port);
  /// Asks it to stop, and makes it after a while.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Waits until it takes connections.
  /// @throws std::runtime_error when it ends or does not in ten seconds.
  void wait_until_open();

  [[nodiscard]] pid_t pid() const noexcept {
    return pid_;
  }
  [[nodiscard]] std::string url() const {
    return "ws://127.0.0.1:" + std::to_string(port_) + "/v1/ws";
  }

  /// CPU seconds that all its threads have used, to 10 ms.
  [[nodiscard]] double cpu_seconds() const;
  /// Bytes in RAM that are backed by no file.
  [[nodiscard]] double memory() const;

  /// @returns the body of a GET. @throws std::runtime_error when the answer is
  ///          not 200.
  [[nodiscard]] std::string get(const std::string& path,
                                const std::string& token = {}) const;

private:
  pid_t pid_ = -1;
  std::uint16_t port_;
};

/// Figures by name and labels, as `/metrics` spells them.
class metrics {
public:
  explicit metrics(const std::string& text);

  /// @returns one figure, or 0. @param name with its labels, if any.
  [[nodiscard]] double of(const std::string& name) const;

private:
  std::map<std::string, double> all_;
};

} // namespace hansom::bench
