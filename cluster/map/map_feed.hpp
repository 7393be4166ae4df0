#pragma once

#include "cluster/map/map_book.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace hansom {

/// One picture of the city a second, shared by all who look at the map; none
/// while nobody does. Thread-safe.
class map_feed {
public:
  static constexpr std::size_t viewers_max = 100;
  static constexpr milliseconds every{1000};
  /// Whoever has not asked again for so long does not look any more.
  static constexpr milliseconds looks_for{5000};

  /// Gathers a picture and hands it on, from any thread, once, within about
  /// half a second.
  using source = std::function<void(std::function<void(city_picture)>)>;
  using viewer = std::function<void(std::string)>;

  explicit map_feed(source cells);
  ~map_feed();
  map_feed(const map_feed&) = delete;
  map_feed& operator=(const map_feed&) = delete;

  void start();
  /// Answers everybody who still waits. Idempotent.
  void stop();

  /// Answers as soon as there is a frame later than `after`; with 0, a whole
  /// picture.
  /// @param reply gets the JSON of `map_book::since`, on any thread.
  /// @returns `false`, without a reply, when too many look already.
  bool look(std::uint64_t after, viewer reply);

  /// Pictures taken since the start.
  [[nodiscard]] std::uint64_t frames() const;

private:
  struct waiting {
    std::uint64_t after = 0;
    viewer reply;
  };

  void run();
  void take(city_picture x);
  void answer_all();

  source cells_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  map_book book_;
  std::vector<waiting> waiting_;
  std::chrono::steady_clock::time_point looked_at_;
  std::chrono::steady_clock::time_point taken_at_;
  bool asked_ = false; ///< A picture is on its way.
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace hansom
