#pragma once

#include "cluster/core/times.hpp"

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace hansom::tests {

/// Stands in for what the node's own gates do with mail for a shard that has no
/// place to go to for a moment: it waits in order, bounded in number and time.
/// Holds tokens; who made them keeps what they stand for.
class waiting_room {
public:
  using token = std::uint64_t;
  static constexpr std::size_t tokens_max = 60;
  static constexpr core::moment wait_max{5000};

  /// @returns `false` when there is no room: refuse it with a hint to retry.
  [[nodiscard]] bool hold(token what, core::moment now) {
    if (tokens_.size() >= tokens_max)
      return false;
    tokens_.emplace_back(now, what);
    return true;
  }

  /// Takes out what has waited too long, to be refused with a hint to retry.
  [[nodiscard]] std::vector<token> expire(core::moment now) {
    std::vector<token> result;
    for (; !tokens_.empty() && now - tokens_.front().first >= wait_max;
         tokens_.pop_front())
      result.push_back(tokens_.front().second);
    return result;
  }

  /// Takes everything out, in order.
  [[nodiscard]] std::vector<token> take() {
    return expire(core::moment::max());
  }

  [[nodiscard]] bool empty() const noexcept {
    return tokens_.empty();
  }

private:
  std::deque<std::pair<core::moment, token>> tokens_;
};

} // namespace hansom::tests
