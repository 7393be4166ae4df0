#pragma once

#include "actors/runtime/epoch_guard.hpp"
#include "cluster/core/member.hpp"
#include "tests/unit/core/model_store.hpp"
#include "tests/unit/core/waiting_room.hpp"

#include <functional>
#include <memory>
#include <queue>
#include <random>

namespace hansom::tests {

using core::moment;

/// What is broken on purpose, to see that somebody notices.
struct sabotage {
  bool no_fence = false;
  bool no_silence = false;  ///< A node suspends itself too late.
  bool drops_queue = false; ///< What waits during a handoff is forgotten.
};

struct world_setup {
  std::uint64_t seed = 1;
  std::size_t nodes = 3;
  std::size_t shards = 12;
  /// Messages take one time and are not lost; no client asks twice.
  bool calm = false;
  sabotage broken;
};

/// A cluster of simulated nodes with their clocks, links, clients and a store,
/// all from one seed. Time is counted in milliseconds and costs nothing.
class world {
public:
  explicit world(const world_setup& with);
  ~world();

  void run_until(milliseconds t);
  [[nodiscard]] milliseconds now() const {
    return now_;
  }
  std::uint64_t random(std::uint64_t below);
  void at(milliseconds t, std::function<void()> what);

  // -- faults -----------------------------------------------------------------

  void start(std::size_t i, const std::string& version = "1.0.0");
  void kill(std::size_t i);
  void pause(std::size_t i, milliseconds lasting);
  void cut(std::size_t from, std::size_t to, bool is_cut);
  void cut_store(std::size_t i, bool is_cut);
  void slow_store(std::size_t i, bool is_slow);
  void spoil(std::size_t from, std::size_t to, bool is_bad);
  void drain(std::size_t i);
  void undrain(std::size_t i);
  void set_restart(bool on) {
    restarts_ = on;
  }
  void heal();

  // -- what came of it --------------------------------------------------------

  model_store& store() {
    return store_;
  }
  [[nodiscard]] bool runs(std::size_t i) const;
  [[nodiscard]] const core::member& member_of(std::size_t i) const;
  [[nodiscard]] std::size_t node_count() const;
  /// Every shard is served by the node that should have it.
  [[nodiscard]] std::string find_unsettled() const;
  /// Every shard is served by somebody.
  [[nodiscard]] bool all_served() const;
  /// Clients ask from now on, or stop.
  void set_clients(bool on) {
    clients_ = on;
  }

  struct tally {
    std::uint64_t asked = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    std::uint64_t died_with_node = 0;
    std::uint64_t outputs = 0;
    std::uint64_t dropped_outputs = 0;
    std::uint64_t moves = 0;
    std::uint64_t suspensions = 0;
    std::uint64_t left = 0;
    std::uint64_t events = 0;
  };
  tally counts;
  /// The longest that an acknowledged command took.
  milliseconds slowest{0};
  /// What must never be; with time and node.
  std::vector<std::string> violations;

private:
  struct command {
    std::uint64_t id = 0;
    shard_id shard = 0;
    std::size_t origin = 0; ///< The node its client is at,
    incarnation gateway = 0;
    std::size_t hops = 0;
  };
  struct waiting { ///< A client waits for it.
    command what;
    milliseconds since{0};
  };
  struct held_command {
    command what;
    bool forwarded = false;
  };
  struct process;
  struct machine;

  void schedule(milliseconds after, std::function<void()> what);
  void violate(const std::string& what);
  void to_process(std::size_t i, incarnation who, std::function<void()> what);
  void feed(std::size_t i, const core::input& x);
  void carry_out(std::size_t i, const core::effects& xs);
  void tick(std::size_t i, incarnation who);
  void watch_links();
  void client_asks();
  void show_outputs(std::size_t i);

  template <class Exec, class Done>
  void ask_store(std::size_t i, Exec exec, Done done);
  void transmit(std::size_t from, std::size_t to, std::function<void()> what);
  [[nodiscard]] std::size_t find(incarnation who) const;
  [[nodiscard]] bool connects(std::size_t a, std::size_t b) const;
  milliseconds delay();

  void place(std::size_t i, const command& x, bool forwarded);
  void hold(std::size_t i, const command& x, bool forwarded);
  void execute(std::size_t i, const command& x, store::epoch epoch);
  void answer(std::size_t i, const command& x);
  void refuse(std::size_t i, const command& x);
  void flush(std::size_t i, shard_id shard);
  void expire(std::size_t i);

  struct carrier;
  friend struct carrier;

  world_setup setup_;
  std::mt19937_64 rng_;
  milliseconds now_{0};
  struct event {
    milliseconds at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const event& x) const {
      return std::tie(at, order) > std::tie(x.at, x.order);
    }
  };
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  model_store store_;
  std::vector<machine> machines_;
  std::map<std::pair<std::size_t, std::size_t>, milliseconds> parted_since_;
  std::map<std::pair<std::size_t, std::size_t>, bool> joined_;
  std::map<std::pair<shard_id, store::epoch>, incarnation> served_by_;
  std::map<std::uint64_t, waiting> pending_;
  std::uint64_t last_command_ = 0;
  bool clients_ = true;
  bool restarts_ = true;
};

} // namespace hansom::tests
