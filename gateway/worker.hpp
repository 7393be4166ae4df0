#pragma once

/// One gateway thread: its event loop, its connections, its sessions. For the
/// gateway's own .cpp files; `gateway.hpp` is what others include.

#include "gateway/connection/connection.hpp"
#include "gateway/connection/connection_home.hpp"
#include "gateway/session/session_host.hpp"

#include <mutex>
#include <thread>

namespace hansom {

/// Something that an actor has to say to one session.
struct mail {
  enum class kind : std::uint8_t { frame, attached, close, follow };
  kind what = kind::frame;
  client_frame frame; ///< `to` always; `body` with `attached`, too.
  close_code why = close_code::internal;
  trip_id trip;
};

class worker;
using worker_list = std::vector<std::unique_ptr<worker>>;

class worker final : public connection_home {
public:
  /// @param all the gateway's workers, this one among them; complete before any
  ///            of them starts.
  worker(gateway_shared& shared, const worker_list& all, std::uint16_t index);
  ~worker() override;

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

  [[nodiscard]] std::uint16_t index() const noexcept {
    return index_;
  }

  /// Turns an accepted socket into a connection.
  void adopt(int socket, bool is_v6);

  void add(std::shared_ptr<connection> x) override;
  void remove(connection& x) noexcept override;
  bool admit_handshake(bool returning) override {
    return handshakes_.take(now(), handshake_share_,
                            returning ? 0 : handshake_share_.burst / 4);
  }
  void on_text(connection& from, std::string_view text) override;
  void on_bad_frame(connection& from, error_code why) override;
  void on_lost(connection& which) override;
  void flush_later(connection& which) override;

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
  void sweep(std::chrono::nanoseconds late);
  void flush_soon();
  void beat_soon();
  void beat();
  [[nodiscard]] std::chrono::nanoseconds
  backlog(std::chrono::steady_clock::time_point now) const noexcept;

  /// The worker that keeps the session of `which`.
  [[nodiscard]] worker& keeper_of(const connection& which) const noexcept {
    return *all_[which.session_worker()];
  }

  const worker_list& all_;
  std::uint16_t index_;
  std::unique_ptr<session_host> host_;
  std::vector<std::shared_ptr<connection>> connections_;
  token_bucket handshakes_;
  bucket_config handshake_share_;
  std::vector<std::shared_ptr<connection>> due_; ///< Have frames to write.
  std::vector<std::shared_ptr<connection>> flushing_;
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
