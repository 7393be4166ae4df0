#pragma once

#include "persistence/membership.hpp"

#include <deque>
#include <mutex>

namespace hansom {

/// The last events of a node whose store keeps none: it is alone, and what
/// happened to it before its start nobody asks. Thread-safe.
class event_ring {
public:
  static constexpr std::size_t events_max = 1000;

  /// Gives it its number.
  void record(store::cluster_event x);
  [[nodiscard]] std::vector<store::cluster_event>
  after(std::uint64_t pos, std::size_t limit) const;
  [[nodiscard]] std::vector<store::cluster_event> last(std::size_t n) const;

private:
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::deque<store::cluster_event> events_;
};

} // namespace hansom
