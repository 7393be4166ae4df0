#pragma once

#include "gateway/worker.hpp"

#include <memory>

namespace hansom {

/// Accepts on one socket, in the first worker's thread, and hands sockets out
/// in turn: all workers get the same number of clients. One listening socket,
/// not one per thread: a second process on the same port is then an error
/// instead of a silent half of the clients.
class listener {
public:
  /// @throws std::runtime_error when the address cannot be bound.
  listener(gateway_shared& shared, const worker_list& workers);
  ~listener();

  /// From the first worker's thread, or before it runs.
  void start();
  [[nodiscard]] std::uint16_t port() const noexcept;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace hansom
