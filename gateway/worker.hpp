#pragma once

/// One gateway thread: its event loop, its connections, its sessions. For the
/// gateway's own .cpp files; `gateway.hpp` is what others include.

#include "gateway/access/revocations.hpp"
#include "gateway/admission/backlog.hpp"
#include "gateway/connection/connection.hpp"
#include "gateway/connection/transport.hpp"
#include "gateway/console/console_access.hpp"
#include "gateway/http_routes.hpp"
#include "gateway/session/session_host.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace hansom {

/// What all workers of a gateway share.
struct gateway_shared {
  gateway_config config;
  revocations revoked;
  token_verifier tokens;
  http_routes routes{};
  std::atomic<bool> draining{false};
  std::atomic<std::uint32_t> connections{0};
  std::vector<std::unique_ptr<worker>> workers{};
  std::shared_ptr<tls_context> tls{}; ///< Null: plain TCP.
  resume_mirror* mirror = nullptr;    ///< Null: none.
  hello_limit* hellos = nullptr;      ///< Null: none.
  std::unique_ptr<console_access> console{};
  std::unique_ptr<actor_probe> line{};                   ///< Once it runs.
  std::shared_ptr<const journal_writer_stats> journal{}; ///< Null: not watched.
  std::size_t journal_batch_max = 1;
};

/// Something that an actor has to say to one session.
struct mail {
  enum class kind : std::uint8_t { frame, attached, close, follow };
  kind what = kind::frame;
  client_frame frame; ///< `to` always; `body` with `attached`, too.
  close_code why = close_code::internal;
  trip_id trip;
};

class worker {
public:
  worker(gateway_shared& shared, std::uint16_t index);
  ~worker();

  void start(runtime& actors, std::uint64_t node);
  /// Closes everything at once and joins. Idempotent.
  void stop();

  // -- any thread -------------------------------------------------------------

  /// Hands on what an actor says; bounded.
  void post_mail(mail x);
  void post(std::function<void()> task);
  void drain(milliseconds within);
  void revoke(revocation x);
  void reattach(const shard_set& moved);
  [[nodiscard]] const worker_metrics& metrics() const noexcept {
    return metrics_;
  }

  // -- the worker's thread ----------------------------------------------------

  worker_metrics& counters() noexcept {
    return metrics_;
  }
  gateway_shared& shared() noexcept {
    return shared_;
  }
  const gateway_config& config() const noexcept {
    return shared_.config;
  }
  boost::asio::io_context& io() noexcept {
    return io_;
  }
  [[nodiscard]] timestamp now() const noexcept {
    return actors_->now();
  }
  runtime& actors() noexcept {
    return *actors_;
  }
  [[nodiscard]] std::uint16_t index() const noexcept {
    return index_;
  }

  /// Keeps the connection alive until `remove`.
  void add(std::shared_ptr<connection> x);
  void remove(connection& x) noexcept;
  /// Turns an accepted socket into a connection.
  void adopt(int socket, bool is_v6);

  /// @param returning it has a session to resume: a quarter of the burst is
  ///                  kept for such clients, who have rides to go on with.
  /// @returns whether one more websocket may be opened now.
  bool admit_handshake(bool returning) {
    return handshakes_.take(now(), handshake_share_,
                            returning ? 0 : handshake_share_.burst / 4);
  }

  /// A text frame has arrived on a websocket.
  void on_text(connection& from, std::string_view text);
  void on_bad_frame(connection& from, error_code why);
  /// A websocket has ended or begun to close.
  void on_lost(connection& which);

  /// Calls `flush` when all that can be said now has been said.
  void flush_later(connection& which);
  /// For bytes that are on their way through.
  std::string& scratch() noexcept {
    return scratch_;
  }

private:
  void flush_due();
  void first_frame(connection& from, std::string_view text);
  void resume_elsewhere(connection& from, worker& there, hello_request hello);
  void count_hello(connection& from, entity_ref client);
  void restore_here(connection& from, hello_request hello);
  void broken_promise(connection& from, std::string_view id);
  void open_here(connection& from, hello_request hello);
  void take_mail();
  void handle(mail& x);
  void schedule_sweep();
  void sweep();
  void flush_soon();
  void beat_soon();
  void beat();
  [[nodiscard]] std::chrono::nanoseconds
  backlog(std::chrono::steady_clock::time_point now) const noexcept;

  gateway_shared& shared_;
  std::uint16_t index_;
  boost::asio::io_context io_{1};
  runtime* actors_ = nullptr;
  worker_metrics metrics_;
  std::unique_ptr<session_host> host_;
  std::vector<std::shared_ptr<connection>> connections_;
  token_bucket handshakes_;
  bucket_config handshake_share_;
  std::vector<std::shared_ptr<connection>> due_; ///< Have frames to write.
  std::vector<std::shared_ptr<connection>> flushing_;
  std::string scratch_;
  bool in_mail_ = false;
  bool flush_armed_ = false;
  bool beat_armed_ = false;
  socket_probe sockets_{io_};
  struct timers;
  std::unique_ptr<timers> timers_;

  std::mutex mutex_; ///< Guards what follows.
  std::vector<mail> mailbox_;
  std::vector<std::uint64_t> overrun_;
  std::vector<mail> handling_; ///< The worker's half of the double buffer.
  std::vector<std::uint64_t> overrun_handling_;
  std::thread thread_;
};

} // namespace hansom
