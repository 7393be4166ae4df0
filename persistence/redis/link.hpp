#pragma once

#include "persistence/redis/endpoint.hpp"
#include "persistence/redis/reply.hpp"
#include "protocol/time.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hansom::redis {

/// How long who asks waits for an answer.
inline constexpr milliseconds patience{2000};

struct link_config {
  endpoint to;
  std::string name = "hansom";      ///< As `CLIENT LIST` shows it.
  std::size_t queue_max = 16'384;   ///< Unanswered commands.
  std::size_t bytes_max = 16 << 20; ///< Of unanswered commands.
  milliseconds connect_timeout{500};
  /// A connection that is silent for so long is given up.
  milliseconds answer_timeout{1000};
  milliseconds backoff_first{20};
  milliseconds backoff_max{1000};
};

/// Why a command was not carried out.
enum class link_drop : std::uint8_t {
  queue_full,
  disconnected,    ///< Not connected when it was given.
  connection_lost, ///< It was on its way; may have been carried out.
  timed_out,       ///< Answered later than its asker waits, or never.
  refused,         ///< Redis answered with an error.
};
inline constexpr std::size_t link_drop_count = 5;
std::string to_string(link_drop x);

/// Readable from any thread.
struct link_stats {
  std::atomic<std::uint64_t> commands{0}; ///< Sent.
  std::atomic<std::uint64_t> answers{0};
  std::atomic<std::uint64_t> batches{0};    ///< Rounds that sent something.
  std::atomic<std::uint64_t> last_batch{0}; ///< Commands of the last one.
  std::atomic<std::uint64_t> largest_batch{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> unanswered{0}; ///< Now, queued or sent.
  std::atomic<std::uint64_t> unanswered_bytes{0};
  std::atomic<std::uint64_t> round_trip_us{0}; ///< Of the last answer.
  std::array<std::atomic<std::uint64_t>, link_drop_count> drops{};
};

struct link_health {
  bool connected = false;
  std::string why; ///< Why not; empty when connected.
};

using callback = std::function<void(const reply&)>;

/// One connection to Redis with a thread of its own. Commands of all threads
/// are pipelined over it in the order given; nobody ever waits for Redis unless
/// he calls `call`. While there is no connection commands fail at once: what
/// they carry can be rebuilt, and a queue would only make it old.
///
/// Thread-safe; `every` and `start` belong before the first use.
class link {
public:
  explicit link(link_config with);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// Has `run` called on the link's thread about so often, connected or not.
  void every(milliseconds period, std::function<void()> run);

  void start();
  /// Sends what is queued for a moment more, fails the rest, joins. Idempotent.
  void stop();

  /// Sends a command whose answer does not matter; errors are counted.
  /// @returns whether it was taken.
  bool post(const command& x);

  /// Sends a command and hands its answer to `done` exactly once: on the link's
  /// thread, or before returning when the command is not taken. After `within`
  /// the answer is `lost`.
  void ask(const command& x, milliseconds within, callback done);

  /// The same, waiting for the answers. For threads that may block; never from
  /// a callback.
  reply call(const command& x, milliseconds within);
  std::vector<reply> call(const std::vector<command>& xs, milliseconds within);

  [[nodiscard]] bool connected() const noexcept;

  /// Grows with each connection: whoever sees a new number must assume that
  /// Redis has forgotten everything.
  [[nodiscard]] std::uint64_t generation() const noexcept;

  /// Waits until connected. For starts and tests.
  bool wait_connected(milliseconds within) const;

  [[nodiscard]] link_health health() const;
  [[nodiscard]] const link_stats& stats() const noexcept;
  [[nodiscard]] std::string describe() const;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace hansom::redis
