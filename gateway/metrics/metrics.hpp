#pragma once

#include "actors/driver/position_filter.hpp"
#include "protocol/client_messages.hpp"
#include "protocol/errors.hpp"
#include "protocol/histogram.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace hansom {

/// A number with one writing thread; any thread may read it.
class tally {
public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n,
                 std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n,
                 std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Why the gateway dropped or refused something. None is silent.
enum class gateway_drop : std::uint8_t {
  session_gone,      ///< A frame for a session that does not exist.
  detached,          ///< A reply or latest-wins frame without a connection.
  closing,           ///< A frame for a connection that is closing.
  outbox_latest,     ///< A latest-wins frame found no room.
  outbox_full,       ///< The client was closed as slow.
  mailbox_full,      ///< The worker is far behind; the session was closed.
  position_rate,     ///< Position frames above the limit.
  duplicate_command, ///< The same id is already in flight.
  connections_full,
  handshake_rate,
  accept_failed,
  not_ready,     ///< A frame before the welcome.
  overload_slow, ///< New work refused: it would wait too long, see backlog.hpp.
  overload_full, ///< New work refused: too many commands unanswered.
};
inline constexpr std::size_t gateway_drop_count = 14;
std::string_view to_text(gateway_drop x) noexcept;

/// Why a websocket was closed without a chance for an error frame, with the
/// codes of RFC 6455.
enum class rfc_close : std::uint8_t {
  protocol_error, ///< 1002: no frame at all.
  bad_payload,    ///< 1007: text that is not UTF-8.
  too_big,        ///< 1009: more than four times the frame limit.
};
inline constexpr std::array<int, 3> rfc_close_codes{1002, 1007, 1009};

inline constexpr std::size_t client_message_count =
  std::variant_size_v<client_message>;

/// Bounds of how long commands take until their answer, in microseconds.
inline constexpr std::array<std::uint64_t, 16> command_bounds_us{
  250,       500,       1'000,     2'000,     3'000,   5'000,
  10'000,    25'000,    50'000,    100'000,   250'000, 500'000,
  1'000'000, 1'500'000, 2'500'000, 10'000'000};

/// Bounds of the sizes of frames, in bytes.
inline constexpr std::array<std::uint64_t, 9> frame_bounds{
  64, 128, 256, 512, 1'024, 2'048, 4'096, 16'384, 65'536};

/// What one worker has seen and done. Written by its thread alone.
struct worker_metrics {
  tally connections; ///< Now.
  tally websockets;  ///< Now.
  tally sessions;    ///< Now, with those that wait for a resume.
  tally accepted;
  tally tls_failed;
  std::array<tally, client_message_count> frames_in;
  tally frames_bad;
  tally frames_out;
  tally writes; ///< Each with all frames that waited.
  tally bytes_in;
  tally bytes_out;
  histogram<frame_bounds> frame_sizes_in;
  histogram<frame_bounds> frame_sizes_out;
  std::array<tally, error_code_count> errors;
  /// What actors have refused, in answer to commands.
  std::array<tally, error_code_count> refusals;
  std::array<tally, 12> closes;
  std::array<tally, rfc_close_codes.size()> broken; ///< By `rfc_close`.
  tally closed_by_peer;
  std::array<tally, position_verdict_count> positions;
  tally position_batches;
  std::array<tally, gateway_drop_count> drops;
  tally resume_hits;
  tally resume_misses;
  std::array<tally, 6> http; ///< By first digit of the status.
  std::array<histogram<command_bounds_us>, client_message_count> latency;

  void drop(gateway_drop why, std::uint64_t n = 1) noexcept {
    drops[static_cast<std::size_t>(why)].add(n);
  }
  void error(error_code code) noexcept {
    errors[static_cast<std::size_t>(code)].add();
  }
  void closed(close_code code) noexcept {
    closes[index_of(code)].add();
  }

  /// Close codes start at 4000 and at 4500.
  static constexpr std::size_t close_code_half = 6;
  static constexpr std::size_t index_of(close_code x) noexcept {
    auto n = static_cast<std::size_t>(x);
    return n >= 4500 ? close_code_half + (n - 4500) : n - 4000;
  }
};

} // namespace hansom
