#pragma once

#include "bench/fleet/random.hpp"
#include "bench/fleet/ws_codec.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::fleet {

/// Many websocket client connections in one thread, over epoll. Lean, because
/// the load must not cost the machine what it wants to measure: an idle
/// connection takes about 200 bytes here, a small frame sent about 1 us plus
/// its share of a write.
class ws_loop {
public:
  /// Names a connection: an index below `links`.
  using link_id = std::uint32_t;

  /// Hears what happens. All calls come from within `poll`.
  class listener {
  public:
    virtual ~listener() = default;
    virtual void on_open(link_id link) = 0;
    /// @param text valid during the call.
    virtual void on_text(link_id link, std::string_view text) = 0;
    /// @param code the server's close code; 0 when the connection broke or
    ///             never opened, `reason` then says how.
    virtual void on_closed(link_id link, std::uint16_t code,
                           std::string_view reason) = 0;
  };

  struct counters {
    std::uint64_t frames_out = 0;
    std::uint64_t frames_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t refused_full = 0; ///< Not sent: the outbound bound was met.
  };

  /// Bytes that may wait for a server that does not read.
  static constexpr std::size_t outbound_max = 262'144;

  /// Resolves the host at once.
  /// @throws std::runtime_error when the host has no address.
  ws_loop(const endpoint& to, std::uint32_t links, std::uint64_t seed);

  /// The same with several servers to choose from.
  /// @pre `to` is not empty.
  ws_loop(const std::vector<endpoint>& to, std::uint32_t links,
          std::uint64_t seed);
  ~ws_loop();

  ws_loop(const ws_loop&) = delete;
  ws_loop& operator=(const ws_loop&) = delete;

  /// Starts to connect. Not to be called from a listener: what is left of the
  /// old connection's bytes would count as the new one's.
  /// @param resuming says so in the URL: servers let such go first.
  /// @param place chooses the server, modulo their number.
  /// @pre the link is closed.
  void open(link_id link, bool resuming = false, std::uint32_t place = 0);

  /// Queues a text frame. @returns `false` when the link is not open or full.
  bool send(link_id link, std::string_view text);

  /// Queues bytes that are whole masked frames already.
  bool send_raw(link_id link, std::string_view frames, std::uint64_t count);

  /// Says goodbye and closes; no `on_closed` follows.
  void close(link_id link, std::uint16_t code);

  /// Breaks the connection off without a word, as a lost net does; no
  /// `on_closed` follows.
  void abort(link_id link);

  bool is_open(link_id link) const noexcept;

  /// Writes what is queued, waits for events and handles them.
  void poll(int timeout_ms, listener& to);

  const counters& count() const noexcept {
    return count_;
  }

private:
  enum class phase : std::uint8_t { closed, connecting, upgrading, open };

  struct server {
    endpoint to;
    sockaddr_storage address{};
    socklen_t address_size = 0;
  };

  struct link {
    int fd = -1;
    std::uint32_t place = 0; ///< Below `servers_.size()`.
    phase at = phase::closed;
    bool resuming = false;
    bool dirty = false;       ///< Listed in dirty_.
    bool wants_write = false; ///< epoll reports when writing is possible.
    std::string out;
    std::string in;      ///< An incomplete frame or upgrade answer.
    std::string message; ///< Fragments so far.
    std::string key;
  };

  void mark_dirty(link_id id);
  void flush(link_id id, listener& to);
  void flush_all(listener& to);
  void handle(link_id id, std::uint32_t events, listener& to);
  void read(link_id id, listener& to);
  bool upgrade(link_id id, std::string_view& bytes, listener& to);
  bool frame(link_id id, const frame_view& what, listener& to);
  void watch(link_id id, bool write);
  void drop(link_id id);
  void fail(link_id id, std::uint16_t code, std::string_view why, listener& to);

  std::vector<server> servers_;
  int epoll_ = -1;
  std::vector<link> links_;
  std::vector<link_id> dirty_;
  std::vector<link_id> refused_; ///< connect() failed at once.
  std::unique_ptr<char[]> buffer_;
  random_stream random_;
  counters count_;
};

} // namespace hansom::fleet
