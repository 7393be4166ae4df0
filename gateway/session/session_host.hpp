#pragma once

#include "actors/runtime/client_port.hpp"
#include "actors/runtime/runtime.hpp"
#include "gateway/access/revocations.hpp"
#include "gateway/gateway_config.hpp"
#include "gateway/metrics/metrics.hpp"
#include "gateway/session/position_batcher.hpp"
#include "gateway/session/resume_mirror.hpp"
#include "gateway/session/session.hpp"
#include "protocol/shard_set.hpp"

#include <atomic>
#include <optional>
#include <unordered_map>

namespace hansom {

/// A hello that has been understood and whose token is good.
struct hello_request {
  identity who;
  std::string id; ///< Client message id; may be empty.
  std::string device;
  bool wants_resume = false;
  std::uint64_t session = 0; ///< With wants_resume; 0: unreadable.
  std::uint64_t secret = 0;
  std::uint64_t seq = 0;
  trip_id trip; ///< That the client believes it is on; zero: none.
};

/// The sessions of one worker: everything that a gateway does between a frame
/// and an actor. Knows no sockets and no threads: its worker calls it from one
/// thread, and it talks to clients through `link`.
class session_host {
public:
  struct parts {
    const gateway_config* config = nullptr;
    const token_verifier* tokens = nullptr;
    runtime* actors = nullptr;
    worker_metrics* metrics = nullptr;
    std::uint64_t node = 0; ///< Incarnation, for session_ref.
    std::uint16_t worker = 0;
    std::function<std::uint64_t()> secrets;      ///< Unpredictable numbers.
    resume_mirror* mirror = nullptr;             ///< Null: none.
    const std::atomic<bool>* draining = nullptr; ///< Null: never.
  };

  explicit session_host(parts with);

  // -- from connections -------------------------------------------------------

  /// Reads a connection's first frame. What is wrong is answered and the link
  /// closed.
  /// @param from_header who the Authorization header speaks for; may be null.
  std::optional<hello_request> read_hello(link& from, std::string_view text,
                                          const identity* from_header);

  /// Starts a session. @returns its number; 0: refused, the link is closed.
  std::uint64_t open(std::shared_ptr<link> from, hello_request hello);

  /// Continues a session of this worker.
  /// @returns `false`: no such session of this client; open a new one.
  bool resume(const std::shared_ptr<link>& from, const hello_request& hello);

  /// Continues a session that another process had, from what the mirror knows.
  /// The client gets all frames after its number, and then, because the other
  /// process may have died with more than it had mirrored, the full state.
  /// @returns `false`: not possible; open a new one.
  bool restore(const std::shared_ptr<link>& from, const hello_request& hello,
               resume_mirror::past what);

  /// Answers a frame that is wrong, with the place where.
  void refuse(link& to, std::string_view re, const decode_error& what);

  /// A text frame of a connection that belongs to a session.
  void frame(link& from, std::string_view text);

  /// A frame that could not be read at all (binary, too large).
  void bad_frame(link& from, error_code why);

  /// The connection has ended, or has begun to close.
  void lost(link& which);

  // -- from actors ------------------------------------------------------------

  void deliver(client_frame frame);
  void attached(session_ref to, std::string state);
  void close(session_ref to, close_code why);
  void follow(session_ref to, trip_id trip);
  /// Frames for this session were lost: it must start from full state.
  void overrun(std::uint64_t session);

  // -- from time --------------------------------------------------------------

  /// All timeouts of sessions; call every `config.sweep`.
  void sweep();

  [[nodiscard]] bool has_positions() const noexcept {
    return !batches_.empty();
  }
  void flush_positions();

  /// Before the first `observe` after a pause.
  void begin_observing(std::chrono::steady_clock::time_point now) noexcept {
    admission_.begin(now);
  }
  /// How long work waits now; call every `admission::beat` while `is_busy`.
  void observe(std::chrono::nanoseconds backlog,
               std::chrono::steady_clock::time_point now) noexcept {
    admission_.observe(backlog, now, config().admission);
  }
  /// @returns whether somebody waits for an answer, or did a moment ago.
  [[nodiscard]] bool is_busy() const noexcept {
    return !admission_.at_rest();
  }

  /// Closes the sessions that live by a revoked token.
  void revoke(const revocation& x);

  /// The entities of these shards are elsewhere now and know no session: their
  /// clients are introduced anew and get the full state, as an event. Drivers
  /// of these, and those in cells of these shards, are told again where they
  /// are.
  void reattach(const shard_set& moved);

  /// Tells every client to come back within `within`, and sends each away at
  /// its own random moment of that time; those, too, who are welcomed until
  /// `parts::draining` ends.
  void drain(milliseconds within);

  [[nodiscard]] std::size_t size() const noexcept {
    return sessions_.size();
  }

private:
  using session_map =
    std::unordered_map<std::uint64_t, std::unique_ptr<session>>;

  [[nodiscard]] timestamp now() const noexcept {
    return parts_.actors->now();
  }
  const gateway_config& config() const noexcept {
    return *parts_.config;
  }
  worker_metrics& metrics() noexcept {
    return *parts_.metrics;
  }
  session* find(session_ref x) noexcept;

  // sessions
  static void take_token(session& s, const identity& who);
  static void bind(session& s, std::shared_ptr<link> to);
  static void unbind(session& s);
  void attach(session& s);
  void ask_again(session& s);
  void ask_about_trip(session& s);
  void welcome(session& s, const std::string& state);
  void detach(session& s);
  void end(session& s, close_code why);
  void expire_mirrored(const session& s);
  void ask_to_leave(session& s);
  void sweep_one(session& s, timestamp t);
  void expire_commands(session& s, timestamp t);
  void warn_or_expire(session& s, timestamp t);

  // frames out
  void send(session& s, std::string text, latest_key key);
  void push_event(session& s, std::string_view body);
  void refuse(session& s, std::string_view re, error_code why,
              std::string_view message = {},
              std::optional<std::uint32_t> retry_ms = {});
  void refuse(session& s, std::string_view re, const decode_error& what);
  void refuse(link& to, std::string_view re, error_code why,
              std::string_view message = {});
  void fault(session& s, std::string_view re, const decode_error& what);

  // frames in
  void dispatch(session& s);
  void refresh(session& s, const std::string& id, const std::string& token);
  bool admit(session& s, const std::string& id, std::uint8_t kind, work what);
  template <class T>
  void command(session& s, entity_ref to, T& body);
  void end_trace(const session& s, pending_command& x, std::string_view error);
  void forget_commands(session& s, std::string_view why);
  void positions(session& s, const position& x);
  void send_onward(session& s, const position_report& last, timestamp t);
  void tell_place(session& s, timestamp t);
  void scold(session& s, const decode_error& what, timestamp t);

  parts parts_;
  session_map sessions_;
  admission admission_;
  position_batcher batches_;
  milliseconds leave_within_{0}; ///< Of the last drain; 0: none so far.
  decoded_frame decoded_;        ///< Reused: positions allocate nothing.
  decode_error error_;
};

} // namespace hansom
