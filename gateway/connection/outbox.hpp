#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// Says which frames replace each other while they wait; 0: none.
using latest_key = std::uint32_t;

/// @returns the key of a frame body by its type: all that comes before the
///          second member of {"type":"driver.position",...}. Never 0.
latest_key key_of(std::string_view body) noexcept;

/// Frames that wait for one client's socket. Bounded; latest-wins frames are
/// replaced in place, and given up first when the bound is met.
class outbox {
public:
  struct limits {
    std::size_t bytes = 0;
    std::size_t frames = 0;
  };
  enum class outcome : std::uint8_t {
    queued,
    replaced, ///< An older frame of the same key has made way.
    dropped,  ///< A latest-wins frame found no room.
    full,     ///< A frame that must not be lost found no room.
  };

  outcome push(std::string text, latest_key key, const limits& most);

  /// Takes the oldest frame out.
  /// @pre !empty()
  std::string pop();

  /// @returns the size of what `pop` would take; 0 when there is nothing.
  [[nodiscard]] std::size_t next_bytes() const noexcept {
    return empty() ? 0 : frames_[head_].text.size();
  }

  void clear();

  [[nodiscard]] bool empty() const noexcept {
    return head_ == frames_.size();
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return frames_.size() - head_;
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct frame {
    std::string text;
    latest_key key;
  };

  [[nodiscard]] bool fits(std::size_t more, const limits& most) const noexcept {
    return size() < most.frames && bytes_ + more <= most.bytes;
  }
  void give_up_latest();

  std::vector<frame> frames_; ///< Those before `head_` are gone.
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace hansom
