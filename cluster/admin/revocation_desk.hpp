#pragma once

#include "gateway/access/revocations.hpp"
#include "persistence/store.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hansom {

/// @returns how the store names what is taken back: "jti/t1" or "driver/7".
std::string name_of(const revocation& x);

/// @returns nothing when the name is none that this program understands.
std::optional<revocation> to_revocation(const store::revocation_row& x);

/// Where revocations are said, remembered and heard of: keeps the gateway's
/// memory equal to the store's table, whichever node wrote it. One thread.
///
/// Order of life: construct, `load`, `start`, `stop`.
class revocation_desk {
public:
  struct parts {
    std::unique_ptr<store::connection> table; ///< One that lasts.
    /// Makes one effective. @returns `false` when there is no room.
    std::function<bool(const revocation&)> apply;
    std::function<void(timestamp)> forget; ///< Drops what has expired.
    std::function<timestamp()> now;
    /// What others say is heard within this.
    milliseconds poll{2000};
    milliseconds forget_every{3'600'000};
    /// Rows; beyond it nothing is taken any more. Half the memory's bound, so
    /// that nodes that write at the same moment stay below that.
    std::size_t rows_max = revocations::entries_max / 2;
  };

  enum class verdict : std::uint8_t {
    done,        ///< Durable and effective here.
    full,        ///< Too many already, or too many orders wait.
    unavailable, ///< The store is gone; it may have happened: say it again.
  };
  using answer = std::function<void(verdict, const std::string& why)>;
  using rows = std::vector<store::revocation_row>;
  using list_answer =
    std::function<void(verdict, const std::string& why, const rows&)>;

  static constexpr std::size_t orders_max = 256; ///< That wait at a time.

  explicit revocation_desk(parts p);
  ~revocation_desk();
  revocation_desk(const revocation_desk&) = delete;
  revocation_desk& operator=(const revocation_desk&) = delete;

  /// Reads the whole table. Before `start`.
  /// @returns how many there are. @throws store::unavailable_error.
  std::size_t load();

  void start();

  /// Answers what waits, then ends. Idempotent.
  void stop();

  /// Makes one durable, then effective on this node, then calls `done`, from
  /// the desk's thread or, with `full`, at once. Any thread.
  void put(store::revocation_row what, answer done);

  /// Those after `after`, at most `limit`. Any thread.
  void list(std::uint64_t after, std::size_t limit, list_answer done);

private:
  using task = std::function<void()>;

  bool post(task x);
  void run();
  void perform(const store::revocation_row& what, const answer& done);
  void hear();
  void forget();
  std::size_t read_new();

  parts with_;
  std::uint64_t last_pos_ = 0;
  std::size_t count_ = 0; ///< Rows of the table, as far as known here.
  timestamp forgotten_at_;
  bool deaf_ = false; ///< The last poll failed.

  std::mutex mutex_; ///< Guards what follows.
  std::condition_variable changed_;
  std::deque<task> waiting_;
  bool running_ = false;
  std::thread thread_;
};

} // namespace hansom
