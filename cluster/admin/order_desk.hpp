#pragma once

#include "actors/runtime/client_port.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace hansom {

/// Where operations wait for what becomes of their orders. An order travels to
/// its actor like any client's command, with the same durability and the same
/// answer to a retry; so its answer comes back through the client port. The
/// desk is that port: it keeps the answers to orders and passes everything else
/// on. Thread-safe.
class order_desk final : public client_port {
public:
  /// Gets the answer's body, as a client would; empty when none came in time.
  using answer = std::function<void(const std::string& body)>;

  static constexpr std::size_t orders_max = 256; ///< That wait at a time.

  /// @param others whom all other frames go to; must outlive the desk.
  /// @param node answers come back to; 0: there is only this one.
  explicit order_desk(client_port& others, std::uint64_t node = 0)
    : others_{others}, node_{node} {
  }

  /// @returns where the answer has to be sent; nothing when too many wait.
  std::optional<session_ref> expect(answer done);

  /// Nobody waits for this answer any longer. No effect once it has come.
  void expire(session_ref order);

  // -- client_port ------------------------------------------------------------

  void deliver(client_frame frame) override;
  void attached(session_ref to, std::string state) override;
  void close(session_ref to, close_code why) override;
  void follow(session_ref to, trip_id trip) override;

private:
  /// No gateway has so many threads.
  static constexpr std::uint16_t desk_worker = 0xffff;

  void finish(std::uint64_t order, const std::string& body);

  client_port& others_;
  const std::uint64_t node_;
  std::mutex mutex_; ///< Guards what follows.
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, answer> waiting_;
};

} // namespace hansom
