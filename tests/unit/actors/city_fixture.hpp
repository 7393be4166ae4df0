#pragma once

/// A node on one thread with a hand-driven clock: real runtime, real journal
/// writer, real SQLite (in memory), recorded clients. Nothing runs until the
/// test says so, and the same test always takes the same steps.

#include "actors/cell/cell_cover.hpp"
#include "actors/runtime/runtime.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <doctest/doctest.h>

#include <map>

namespace hansom::testing {

using namespace std::chrono_literals;

inline constexpr timestamp city_morning{1'750'000'000'000};
inline constexpr geo_point times_square{407'580'000, -739'855'000};
inline constexpr geo_point union_square{407'359'000, -739'911'000};

/// Remembers everything that a gateway would have been told.
class recorded_clients final : public client_port {
public:
  struct attached_state {
    session_ref to;
    std::string state;
  };
  struct followed {
    session_ref to;
    trip_id trip;
  };

  void deliver(client_frame x) override {
    if (!deaf)
      frames.push_back(std::move(x));
  }
  void attached(session_ref to, std::string state) override {
    if (deaf)
      return;
    states.push_back({to, std::move(state)});
    frames.push_back({to, delivery::event, {}, R"({"type":"welcome"})"});
  }
  void close(session_ref to, close_code why) override {
    if (!deaf)
      closed.emplace_back(to, why);
  }
  void follow(session_ref to, trip_id trip) override {
    if (!deaf)
      follows.push_back({to, trip});
  }

  /// @returns the answers to a command of any session, oldest first.
  [[nodiscard]] std::vector<std::string>
  replies(std::string_view command) const;

  /// @returns the pushes to a session whose body has this type, oldest first.
  [[nodiscard]] std::vector<std::string> pushes(session_ref to,
                                                std::string_view type) const;

  std::vector<client_frame> frames;
  std::vector<attached_state> states;
  std::vector<std::pair<session_ref, close_code>> closed;
  std::vector<followed> follows;
  bool deaf = false; ///< The gateway's process is dead.
};

/// @returns a connection that fails while `*cut`: commits and reads throw.
std::unique_ptr<store::connection>
cut_connection(std::unique_ptr<store::connection> real,
               std::shared_ptr<bool> cut);

/// Stands in for an entity that a test does not have for real: hears
/// everything, answers what the test's script says.
struct stand_in_log {
  struct heard {
    entity_ref who;
    caf::message what;
  };
  std::vector<heard> all;
  std::function<void(entity_ref, const caf::message&)> script;

  /// @returns what entities of any kind were told of this type, oldest first.
  template <class T>
  [[nodiscard]] std::vector<std::pair<entity_ref, T>> of() const {
    std::vector<std::pair<entity_ref, T>> result;
    for (auto& x : all)
      if (!x.what.empty() && x.what.match_element<T>(x.what.size() - 1))
        result.emplace_back(x.who, x.what.get_as<T>(x.what.size() - 1));
    return result;
  }
};

/// Which events went to the journal, and whether in its first lane.
using lane_log = std::vector<std::pair<std::string, bool>>;

class city_fixture {
public:
  explicit city_fixture(dispatch_config config = {});
  ~city_fixture();

  /// Which actors are real; all others are stand-ins. Before `boot`.
  void real(entity_kind kind, entity_factory make) {
    factories_[kind] = std::move(make);
  }

  /// Starts a node over the store, as a process does.
  void boot();

  /// kill -9: nothing more is written, nobody hears anything more.
  void crash();

  void restart();

  /// The store is gone (or back), the process lives on.
  void cut_store(bool cut = true) {
    *cut_ = cut;
  }

  /// Delivers every queued message; does not move the clock.
  void settle();

  /// How many actors have a message to handle.
  [[nodiscard]] std::size_t runnable() const {
    return sched_.jobs.size();
  }

  /// One message of the `n`-th actor that has one (modulo their number).
  /// @returns `false` when nobody has.
  bool step(std::size_t n);

  /// Delivers what is queued, then moves the clock in ticks and delivers what
  /// becomes due at each, in order.
  void advance(milliseconds by);

  /// Moves the clock and delivers nothing.
  void tick(milliseconds by);

  [[nodiscard]] timestamp now() const {
    return city_morning + elapsed_;
  }

  runtime& node() {
    return *node_;
  }
  store::connection& db() {
    return *connection_;
  }
  /// A connection of one's own to the same store.
  std::unique_ptr<store::connection> open_store() {
    return db_->open();
  }
  caf::actor_system& system() {
    return system_;
  }

  std::shared_ptr<recorded_clients> clients;
  std::shared_ptr<stand_in_log> stand_ins = std::make_shared<stand_in_log>();
  std::shared_ptr<journal_writer_stats> stats;
  position_port* positions = nullptr; ///< Set it before `boot` to listen.
  router_port* router = nullptr;      ///< Set it before `boot` for a cluster.
  std::shared_ptr<lane_log> lanes;    ///< Set it before `boot` to watch.
  std::shared_ptr<const quote_signer> quotes =
    std::make_shared<const quote_signer>(
      make_quote_key(1, "a secret for tests alone"));
  std::uint64_t seed = 1;

private:
  entity_factory factory_for(entity_kind kind);

  dispatch_config config_;
  caf::actor_system_config system_config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& sched_;
  std::unique_ptr<store::factory> db_;
  std::unique_ptr<store::connection> connection_;
  std::map<entity_kind, entity_factory> factories_;
  std::shared_ptr<bool> cut_ = std::make_shared<bool>(false);
  caf::actor writer_;
  caf::actor reader_;
  caf::actor watch_;
  std::unique_ptr<runtime> node_;
  milliseconds elapsed_{0};
};

/// @returns a session of this fake gateway.
inline session_ref session(std::uint64_t n) {
  return {1, 0, n};
}

} // namespace hansom::testing
