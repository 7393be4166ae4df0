#pragma once

#include "cluster/core/times.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace hansom::core {

/// What all buffers of a node hold together, and how much it may be.
struct buffer_budget {
  std::size_t bytes_max = 64 << 20;
  std::size_t bytes = 0;
};

/// What waits for a shard that has no place to go to for a moment. Holds
/// tokens; who made them keeps what they stand for. Commands wait in order and
/// are never dropped silently; of positions only the last of each sender
/// matters.
class shard_buffer {
public:
  using token = std::uint64_t;
  struct limits {
    std::size_t commands_max = 1000;
    std::size_t bytes_max = 4 << 20;
    milliseconds wait_max{5000};
  };

  shard_buffer(const limits& with, buffer_budget& shared)
    : limits_{with}, budget_{&shared} {
  }

  /// @returns `false` when there is no room: refuse it with a hint to retry.
  [[nodiscard]] bool hold(token what, std::size_t bytes, moment now);

  /// @returns what is to be dropped and counted: an older position of the same
  ///          sender, or this one when there is no room.
  [[nodiscard]] std::optional<token>
  hold_position(std::uint64_t sender, token what, std::size_t bytes);

  /// Commands that have waited too long; to be refused with a hint to retry.
  [[nodiscard]] std::vector<token> expire(moment now);

  struct held {
    std::vector<token> commands; ///< In order.
    std::vector<token> positions;
  };
  /// Takes everything out.
  [[nodiscard]] held take();

  [[nodiscard]] std::size_t size() const noexcept {
    return commands_.size();
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct entry {
    token what;
    std::size_t bytes;
    moment since{0};
  };

  [[nodiscard]] bool fits(std::size_t bytes) const noexcept;
  void add(std::size_t bytes) noexcept;
  void remove(std::size_t bytes) noexcept;

  limits limits_;
  buffer_budget* budget_;
  std::size_t bytes_ = 0;
  std::deque<entry> commands_;
  std::unordered_map<std::uint64_t, entry> positions_;
};

} // namespace hansom::core
