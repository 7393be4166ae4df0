#pragma once

#include "cluster/mesh/peer_listener.hpp"
#include "cluster/mesh/shard_map.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hansom {

/// Finds out whether anybody listens somewhere, before CAF is asked to connect:
/// one connection into a black hole would block all others of the node for
/// minutes. One thread, any number of attempts at a time.
class tcp_prober {
public:
  /// Called on the prober's thread; must not block.
  using answer = std::function<void(link_evidence)>;

  tcp_prober();
  ~tcp_prober();
  tcp_prober(const tcp_prober&) = delete;
  tcp_prober& operator=(const tcp_prober&) = delete;

  /// `none` means that a connection was made (and closed at once). After
  /// `stop` there is no answer.
  void probe(const peer_address& where, milliseconds within, answer done);
  void stop();

private:
  using clock = std::chrono::steady_clock;

  struct attempt {
    int socket = -1;
    clock::time_point deadline;
    answer done;
  };

  void run();
  void look_at(std::vector<attempt>& all);
  void wake() const;

  int wake_ = -1;
  std::mutex mutex_; ///< Guards what follows.
  bool ended_ = false;
  std::vector<attempt> fresh_;
  std::thread thread_;
};

} // namespace hansom
