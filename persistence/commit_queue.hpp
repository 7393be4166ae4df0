#pragma once

#include "persistence/journal_writer.hpp"

#include <caf/actor_clock.hpp>

#include <deque>
#include <unordered_map>
#include <vector>

namespace hansom {

/// A commit request with the actor that waits for the answer.
struct waiting_commit {
  commit_request request;
  caf::strong_actor_ptr asker;
  caf::actor_clock::time_point since; ///< When it was accepted.
};

/// The writer's two lanes, bounded. Writes of one entity never overtake each
/// other, whatever their lanes.
class commit_queue {
public:
  explicit commit_queue(journal_writer_config config) : config_{config} {
  }

  /// @returns whether `push` would refuse.
  [[nodiscard]] bool is_full() const noexcept {
    return size() >= config_.queue_max;
  }

  /// @returns `false`, leaving `x` alone, when the queue is full.
  bool push(waiting_commit&& x);

  /// Takes out what waits since before `limit`.
  std::vector<waiting_commit>
  take_older_than(caf::actor_clock::time_point limit);

  /// Takes the next batch: the urgent lane first, an eighth of the batch for
  /// the other when both are full, so that it cannot starve.
  std::vector<waiting_commit> next_batch();

  [[nodiscard]] std::size_t size() const noexcept {
    return urgent_.size() + other_.size();
  }

private:
  waiting_commit pop(std::deque<waiting_commit>& lane);
  waiting_commit pop_other();

  journal_writer_config config_;
  std::deque<waiting_commit> urgent_;
  std::deque<waiting_commit> other_;
  /// How many writes each entity has in `other_`.
  std::unordered_map<entity_ref, std::size_t> in_other_;
};

} // namespace hansom
