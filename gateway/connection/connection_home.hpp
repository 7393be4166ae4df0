#pragma once

#include "actors/runtime/runtime.hpp"
#include "gateway/gateway_shared.hpp"
#include "gateway/metrics/metrics.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace hansom {

class connection;

/// The thread that connections live on, as they see it: what it lends them, and
/// what they tell it. All calls come from that thread.
class connection_home {
public:
  explicit connection_home(gateway_shared& shared) : shared_{shared} {
  }
  virtual ~connection_home() = default;
  connection_home(const connection_home&) = delete;
  connection_home& operator=(const connection_home&) = delete;

  gateway_shared& shared() noexcept {
    return shared_;
  }
  [[nodiscard]] const gateway_config& config() const noexcept {
    return shared_.config;
  }
  boost::asio::io_context& io() noexcept {
    return io_;
  }
  worker_metrics& counters() noexcept {
    return metrics_;
  }
  /// For bytes that are on their way through.
  std::string& scratch() noexcept {
    return scratch_;
  }
  [[nodiscard]] timestamp now() const noexcept {
    return actors_->now();
  }
  [[nodiscard]] std::uint64_t random() const {
    return actors_->random();
  }

  /// Keeps the connection alive until `remove`.
  virtual void add(std::shared_ptr<connection> x) = 0;
  virtual void remove(connection& x) noexcept = 0;

  /// @param returning it has a session to resume: a quarter of the burst is
  ///                  kept for such clients, who have rides to go on with.
  /// @returns whether one more websocket may be opened now.
  virtual bool admit_handshake(bool returning) = 0;

  /// A text frame has arrived on a websocket.
  virtual void on_text(connection& from, std::string_view text) = 0;
  virtual void on_bad_frame(connection& from, error_code why) = 0;
  /// A websocket has ended or begun to close.
  virtual void on_lost(connection& which) = 0;

  /// Calls `flush` when all that can be said now has been said.
  virtual void flush_later(connection& which) = 0;

protected:
  gateway_shared& shared_;
  boost::asio::io_context io_{1};
  runtime* actors_ = nullptr; ///< Known before the thread runs.
  worker_metrics metrics_;

private:
  std::string scratch_;
};

} // namespace hansom
