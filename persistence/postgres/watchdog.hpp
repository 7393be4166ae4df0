#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace hansom::store::postgres {

/// Cuts connections whose server does not answer at all. The server's own
/// timeouts do not help when it is stopped or the network swallows packets: the
/// library would wait for ever.
class watchdog {
public:
  using clock = std::chrono::steady_clock;

  watchdog();
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// While it lives, the socket is shut down when `within` has passed.
  class guard {
  public:
    guard(watchdog& owner, int socket, clock::duration within);
    ~guard();
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

  private:
    watchdog& owner_;
    int socket_;
  };

private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<int, clock::time_point> deadlines_; ///< By socket.
  bool stop_ = false;
  std::thread thread_;
};

} // namespace hansom::store::postgres
