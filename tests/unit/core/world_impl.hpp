#pragma once

#include "tests/unit/core/world.hpp"

#include <algorithm>
#include <deque>

namespace hansom::tests {

inline constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct world::process {
  process(const core::member::setup& s, moment now) : brain{s, now} {
  }

  core::member brain;
  std::map<shard_id, waiting_room> waiting;
  std::map<std::uint64_t, held_command> held; ///< By token.
  std::map<shard_id, std::vector<std::uint64_t>> passed_on;
  std::uint64_t last_token = 0;
  /// Writes whose answer is not here, by shard; and who waits for none.
  std::map<shard_id, std::size_t> running;
  std::map<shard_id, store::epoch> sealing;
  epoch_guard guard;
  std::map<shard_id, store::epoch> highest;
  std::map<shard_id, milliseconds> serving_since;
};

struct world::machine {
  std::string version = "1.0.0";
  std::unique_ptr<process> runs;
  incarnation who = 0;
  bool starting = false;
  milliseconds clock_offset{0};
  double clock_rate = 1;
  milliseconds paused_until{0};
  std::deque<std::function<void()>> deferred;
  bool store_cut = false;
  bool store_slow = false;
  std::vector<bool> cut_to;
  std::vector<bool> bad_to;

  [[nodiscard]] moment clock(milliseconds now) const {
    return clock_offset
           + milliseconds{static_cast<std::int64_t>(
             static_cast<double>(now.count()) * clock_rate)};
  }
};

/// Asks the store: the question may be lost or late, the answer too; the store
/// may have done it all the same.
template <class Exec, class Done>
void world::ask_store(std::size_t i, Exec exec, Done done) {
  using result_type = decltype(exec());
  auto who = machines_[i].who;
  auto answered = std::make_shared<bool>(false);
  auto finish = [=, this](std::optional<result_type> x) {
    if (*answered)
      return;
    *answered = true;
    to_process(i, who, [=] { done(x); });
  };
  auto late = machines_[i].store_slow && random(3) == 0;
  auto there = delay() + milliseconds{late ? random(5000) : 0};
  schedule(there, [=, this] {
    if (!store_.up || machines_[i].store_cut)
      return; // The connect fails or the answer never comes: the limit says so.
    std::optional<result_type> x = exec();
    schedule(delay(), [=, this] {
      if (!machines_[i].store_cut)
        finish(x);
    });
  });
  schedule(milliseconds{900}, [=] { finish({}); });
}

} // namespace hansom::tests
