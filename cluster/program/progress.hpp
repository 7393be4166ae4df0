#pragma once

#include <cstddef>
#include <string>

namespace hansom {

/// How far something that takes time has come, with rate and estimate: one line
/// that is written over on a terminal, a new line at each change in a pipe.
/// Pure but for `show`.
class progress {
public:
  /// @param what such as "shards".
  progress(std::string what, std::size_t total)
    : what_{std::move(what)}, total_{total} {
  }

  /// @param seconds since the beginning.
  /// @returns "shards  61/96  3.1/s  about 11 s left".
  [[nodiscard]] std::string line(std::size_t done, double seconds);

  /// Writes the line to stderr.
  void show(std::size_t done, double seconds, const std::string& more = {});
  /// Ends a line that was written over.
  void finish();

  /// It has not moved for so long, in seconds.
  [[nodiscard]] double stalled(double seconds) const noexcept {
    return seconds - moved_at_;
  }

private:
  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  double moved_at_ = 0;
  std::string shown_;
  bool open_ = false;
};

} // namespace hansom
