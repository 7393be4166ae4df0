#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hansom {

/// The pushes of one session that a client may have missed, numbered 1, 2, 3…
/// Bounded by count and bytes, oldest dropped first. No clock, no I/O.
class session_ring {
public:
  /// @returns the number that the next `push` must carry.
  [[nodiscard]] std::uint64_t next() const noexcept {
    return last_ + 1;
  }
  /// @returns the number of the last push; 0 before the first.
  [[nodiscard]] std::uint64_t last() const noexcept {
    return last_;
  }

  /// Keeps a frame that carries the number `next()`.
  void push(std::string text, std::size_t events_max, std::size_t bytes_max);

  /// Starts from what another ring had: the frames after `seq`.
  void restore(std::uint64_t seq, std::vector<std::string> texts);

  /// The client has processed everything up to `seq`; a number not yet given
  /// out is ignored.
  void acknowledge(std::uint64_t seq);

  /// @returns whether everything after `seq` is still here.
  [[nodiscard]] bool reaches_back_to(std::uint64_t seq) const noexcept {
    return seq <= last_ && last_ - seq <= texts_.size();
  }

  /// Visits the frames after `seq`, oldest first.
  /// @pre reaches_back_to(seq)
  template <class Visitor>
  void for_each_after(std::uint64_t seq, Visitor&& visit) const {
    for (auto i = texts_.size() - (last_ - seq); i < texts_.size(); ++i)
      visit(texts_[i]);
  }

  /// Forgets all frames: whoever resumes now gets the full state.
  void forget();

  /// @returns the number of the oldest frame here; `next()` when there is none.
  [[nodiscard]] std::uint64_t oldest() const noexcept {
    return next() - texts_.size();
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return texts_.size();
  }

private:
  void drop_front(std::size_t n);

  // A vector, not a deque: an idle session must cost nothing here.
  std::vector<std::string> texts_;
  std::uint64_t last_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace hansom
