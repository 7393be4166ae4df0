#pragma once

#include "cluster/map/map_book.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace hansom {

/// One picture of the city a second, shared by all who look at the map; none
/// while nobody does. Whoever looks or brings a picture only leaves it here: a
/// thread of its own makes frames and answers. Thread-safe.
class map_feed {
public:
  static constexpr std::size_t viewers_max = 100;
  static constexpr milliseconds every{1000};
  /// Whoever has not asked again for so long does not look any more.
  static constexpr milliseconds looks_for{5000};

  /// Gathers a picture and hands it on, from any thread, once, within about
  /// half a second. What it throws is logged; it is asked again.
  using taker = std::function<void(city_picture)>;
  using source = std::function<void(taker)>;
  using viewer = std::function<void(std::string)>;

  /// @param before see `map_book`.
  explicit map_feed(source cells, std::uint64_t before = 0);
  ~map_feed();
  map_feed(const map_feed&) = delete;
  map_feed& operator=(const map_feed&) = delete;

  void start();
  /// Answers everybody who still waits. Idempotent; one thread.
  void stop();

  /// Answers as soon as there is a frame later than `after`; with 0, a whole
  /// picture.
  /// @param reply gets the JSON of `map_book::since`, on any thread.
  /// @returns `false`, without a reply, when too many look already.
  bool look(std::uint64_t after, viewer reply);

  /// The last frame.
  [[nodiscard]] std::uint64_t frame() const noexcept {
    return frame_;
  }

private:
  using time = std::chrono::steady_clock::time_point;
  using lock = std::unique_lock<std::mutex>;
  struct waiting {
    std::uint64_t after = 0;
    viewer reply;
  };

  void run();
  void take_in(lock& held);
  bool answer(lock& held);
  void ask(lock& held, time now);
  void take(city_picture x);

  const source cells_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<waiting> waiting_;
  std::optional<city_picture> picture_; ///< Came, and is not in the book yet.
  time looked_at_;
  time asked_at_;
  bool asked_ = false; ///< A picture is on its way.
  bool stopped_ = false;
  std::atomic<std::uint64_t> frame_;
  // Of the feed's own thread.
  map_book book_;
  std::optional<time> taken_at_; ///< When the book was last added to.
  std::thread thread_;
};

} // namespace hansom
