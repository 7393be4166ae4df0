#pragma once

/// A connection without its transport. The two transports, plain and TLS, are
/// one translation unit each; nothing else sees Beast's streams.

#include "gateway/access/token.hpp"
#include "gateway/http_routes.hpp"
#include "gateway/link.hpp"

#include <memory>
#include <string>

namespace hansom {

class connection_home;
struct tls_context; ///< Certificate and key; see tls_connection.cpp.

enum class rfc_close : std::uint8_t; ///< See metrics.hpp.

/// What a client may be in the middle of.
enum class connection_phase : std::uint8_t {
  handshake, ///< TLS.
  http,      ///< Waits for a request, or answers one.
  greeting,  ///< A websocket without a session: the hello is due.
  open,      ///< A websocket with a session.
  closing,   ///< The close frame waits, or the client's is awaited.
  gone,
};

/// One accepted socket. Belongs to one worker and its thread; the worker's list
/// keeps it alive until it has ended, its pending operations a little longer.
class connection : public link,
                   public std::enable_shared_from_this<connection> {
public:
  explicit connection(connection_home& home);
  ~connection() override;

  virtual void start() = 0;

  // -- link -------------------------------------------------------------------

  void send(std::string text, latest_key key) override;
  void close(close_code why) override;

  /// Ends at once, without a word.
  void abort();

  /// Writes what waits, and the close frame when it is its turn. The worker
  /// calls it at the end of a turn, so that frames of one turn share a write.
  void flush();

  /// All timeouts, once a sweep.
  void sweep(timestamp now);

  // -- for the worker ---------------------------------------------------------

  connection_home& home() noexcept {
    return home_;
  }
  [[nodiscard]] const identity* from_header() const noexcept {
    return from_header_.get();
  }
  /// The connection now speaks for a session, here or at another worker.
  void bind(std::uint64_t session, std::uint16_t at) noexcept {
    session_ = session;
    session_worker_ = at;
    if (phase_ == connection_phase::greeting)
      phase_ = connection_phase::open;
    from_header_.reset();
  }
  void unbind() noexcept {
    session_ = 0;
  }
  /// Its URL says that it will resume a session.
  [[nodiscard]] bool is_returning() const noexcept {
    return returning_;
  }
  [[nodiscard]] std::uint64_t bound_session() const noexcept {
    return session_;
  }
  [[nodiscard]] std::uint16_t session_worker() const noexcept {
    return session_worker_;
  }
  [[nodiscard]] connection_phase phase() const noexcept {
    return phase_;
  }
  std::size_t slot = 0;         ///< Place in the worker's list.
  std::shared_ptr<link> remote; ///< With a session elsewhere: its link.

protected:
  // -- what a transport does --------------------------------------------------

  /// Writes at once what the transport takes without waiting.
  /// @returns how many bytes it took.
  virtual std::size_t write_some(std::string_view bytes) = 0;
  virtual void begin_write(std::string_view bytes) = 0; ///< Then `written`.
  virtual void begin_close(close_code why) = 0;         ///< Then `ended`.
  virtual void shut_socket() noexcept = 0; ///< Pending operations fail.

  // -- what a transport reports -----------------------------------------------

  void http_ready(); ///< The TLS handshake is done.
  void request_begins() noexcept;
  /// The answer to a websocket request; status 101: go ahead.
  http_response judge_upgrade(const http_request& request);
  /// Lets the routes answer, whenever they do.
  void route(http_request request, http_reply reply);
  void upgraded();
  void touched() noexcept;
  /// A ping or pong: life, but not in floods.
  void control_frame();
  void text_received(std::string_view text);
  void bad_frame(error_code why);
  /// Beast has closed the websocket, as RFC 6455 asks.
  void broken(rfc_close why);
  void written(bool good);
  /// The socket is finished, whatever the cause.
  void ended(bool by_peer);

private:
  void write_waiting();
  void report_lost();
  void find_identity(http_request& request);

  connection_home& home_;
  outbox out_;
  std::string writing_; ///< What `begin_write` was given.
  std::unique_ptr<identity> from_header_;
  std::uint64_t session_ = 0;
  timestamp heard_;       ///< The last sign of life, or start of a phase.
  timestamp write_began_; ///< 0: nothing is being written.
  timestamp close_by_;
  std::int64_t control_full_ms_ = 0;
  std::uint16_t session_worker_ = 0;
  close_code why_ = close_code::internal;
  connection_phase phase_ = connection_phase::handshake;
  bool lost_reported_ = false;
  bool close_sent_ = false;
  bool flush_due_ = false;
  bool returning_ = false;
};

} // namespace hansom
