#pragma once

/// A node on one thread with a hand-driven clock: real runtime, real journal
/// writer, real SQLite (in memory), recorded clients. Nothing runs until the
/// test says so, and the same test always takes the same steps.

#include "actors/cell/cell_cover.hpp"
#include "actors/runtime/runtime.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <doctest/doctest.h>

#include <deque>
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
  replies(std::string_view command) const {
    std::vector<std::string> result;
    for (auto& x : frames)
      if (x.how == delivery::reply && x.re == command)
        result.push_back(x.body);
    return result;
  }

  /// @returns the pushes to a session whose body has this type, oldest first.
  [[nodiscard]] std::vector<std::string> pushes(session_ref to,
                                                std::string_view type) const {
    std::vector<std::string> result;
    auto begin = "{\"type\":\"" + std::string{type} + '"';
    for (auto& x : frames)
      if (x.to == to && x.how != delivery::reply
          && x.body.compare(0, begin.size(), begin) == 0)
        result.push_back(x.body);
    return result;
  }

  std::vector<client_frame> frames;
  std::vector<attached_state> states;
  std::vector<std::pair<session_ref, close_code>> closed;
  std::vector<followed> follows;
  bool deaf = false; ///< The gateway's process is dead.
};

/// A connection that can be cut: commits then fail, reads throw.
class cut_connection final : public store::connection {
public:
  cut_connection(std::unique_ptr<store::connection> real,
                 std::shared_ptr<bool> cut)
    : real_{std::move(real)}, cut_{std::move(cut)} {
  }

  void migrate() override {
    real().migrate();
  }
  store::incarnation start_incarnation(std::string_view name,
                                       timestamp at) override {
    return real().start_incarnation(name, at);
  }
  std::vector<store::shard_row> claim_shards(store::incarnation self,
                                             timestamp at) override {
    return real().claim_shards(self, at);
  }
  std::vector<store::result>
  commit(const std::vector<store::write>& batch) override {
    return real().commit(batch);
  }
  std::optional<store::stored_entity> load(entity_ref x) override {
    return real().load(x);
  }
  void for_each_active(
    shard_id shard,
    const std::function<void(store::stored_entity)>& visit) override {
    real().for_each_active(shard, visit);
  }
  std::optional<store::command_row>
  find_command(const store::command_key& key) override {
    return real().find_command(key);
  }
  std::optional<entity_ref> holder_of(store::claim what) override {
    return real().holder_of(what);
  }
  std::vector<store::journal_row> journal_of(entity_ref x,
                                             std::size_t limit) override {
    return real().journal_of(x, limit);
  }
  std::vector<store::journal_row> journal_after(shard_id shard,
                                                std::uint64_t after,
                                                std::size_t limit) override {
    return real().journal_after(shard, after, limit);
  }
  void scan_journal(
    const std::function<void(const store::journal_row&)>& f) override {
    real().scan_journal(f);
  }
  void scan_entities(
    const std::function<void(const store::stored_entity&)>& f) override {
    real().scan_entities(f);
  }
  void
  scan_claims(const std::function<void(const store::claim_row&)>& f) override {
    real().scan_claims(f);
  }
  void scan_transfers(
    const std::function<void(const store::transfer_row&)>& f) override {
    real().scan_transfers(f);
  }
  void scan_commands(
    const std::function<void(const store::command_row&)>& f) override {
    real().scan_commands(f);
  }
  void scan_shard_history(
    const std::function<void(const store::shard_history_row&)>& f) override {
    real().scan_shard_history(f);
  }

private:
  store::connection& real() {
    if (*cut_)
      throw store::unavailable_error{"cut by the test"};
    return *real_;
  }

  std::unique_ptr<store::connection> real_;
  std::shared_ptr<bool> cut_;
};

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

inline caf::behavior stand_in(caf::event_based_actor* self, entity_ref who,
                              std::shared_ptr<stand_in_log> log) {
  self->set_default_handler(
    [=](caf::scheduled_actor*,
        caf::message_view& x) -> caf::result<caf::message> {
      auto what = x.move_content_to_message();
      log->all.push_back({who, what});
      if (log->script)
        log->script(who, what);
      return caf::sec::unexpected_message;
    });
  return {[](caf::ok_atom) {}};
}

/// Which events went to the journal, and whether in its first lane.
using lane_log = std::vector<std::pair<std::string, bool>>;

inline caf::behavior lane_watch(caf::event_based_actor* self, caf::actor writer,
                                std::shared_ptr<lane_log> log) {
  return {[=](commit_request& x) {
    log->emplace_back(x.what.events.front().kind, x.urgent);
    self->delegate(writer, std::move(x));
  }};
}

class city_fixture {
public:
  explicit city_fixture(dispatch_config config = {})
    : config_{std::move(config)}, system_{configure(system_config_)},
      sched_{
        dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())},
      db_{store::make_sqlite_in_memory()} {
    connection_ = db_->open();
    connection_->migrate();
  }

  ~city_fixture() {
    crash();
  }

  /// Which actors are real; all others are stand-ins. Before `boot`.
  void real(entity_kind kind, entity_factory make) {
    factories_[kind] = std::move(make);
  }

  /// Starts a node over the store, as a process does.
  void boot() {
    cut_ = std::make_shared<bool>(false);
    clients = std::make_shared<recorded_clients>();
    auto self = connection_->start_incarnation("test", now());
    auto open = [this] {
      return std::make_unique<cut_connection>(db_->open(), cut_);
    };
    stats = std::make_shared<journal_writer_stats>();
    writer_ = spawn_journal_writer(system_, open(), {}, stats, false);
    reader_ = spawn_store_reader(system_, open(), false);
    runtime::parts parts;
    parts.config = config_;
    parts.quotes = quotes;
    parts.seed = seed;
    parts.incarnation = self;
    parts.wall_at_start = now();
    parts.clients = clients.get();
    parts.positions = positions;
    parts.router = router;
    parts.writer = writer_;
    if (lanes)
      parts.writer = watch_ = system_.spawn(lane_watch, writer_, lanes);
    parts.reader = reader_;
    node_ = std::make_unique<runtime>(system_, std::move(parts));
    for (auto kind : {entity_kind::driver, entity_kind::rider,
                      entity_kind::trip, entity_kind::cell})
      node_->set_factory(kind, factory_for(kind));
    node_->own(connection_->claim_shards(self, now()));
    node_->start();
    node_->recover(*connection_);
  }

  /// kill -9: nothing more is written, nobody hears anything more.
  void crash() {
    if (!node_)
      return;
    *cut_ = true;
    clients->deaf = true;
    stand_ins->script = nullptr;
    node_->stop();
    for (auto* x : {&writer_, &reader_, &watch_}) {
      if (*x)
        caf::anon_send_exit(*x, caf::exit_reason::kill);
      *x = nullptr;
    }
    settle();
    // Nobody may use the node when it is gone.
    CHECK(system_.registry().running() == 0);
    node_.reset();
  }

  void restart() {
    crash();
    boot();
  }

  /// The store is gone (or back), the process lives on.
  void cut_store(bool cut = true) {
    *cut_ = cut;
  }

  /// Delivers every queued message; does not move the clock.
  void settle() {
    while (sched_.try_run_once())
      continue;
  }

  /// How many actors have a message to handle.
  [[nodiscard]] std::size_t runnable() const {
    return sched_.jobs.size();
  }

  /// One message of the `n`-th actor that has one (modulo their number).
  /// @returns `false` when nobody has.
  bool step(std::size_t n) {
    auto& jobs = sched_.jobs;
    if (jobs.empty())
      return false;
    auto at = jobs.begin() + static_cast<std::ptrdiff_t>(n % jobs.size());
    std::rotate(jobs.begin(), at, at + 1);
    sched_.run_once();
    return true;
  }

  /// Delivers what is queued, then moves the clock in ticks and delivers what
  /// becomes due at each, in order.
  void advance(milliseconds by) {
    settle(); // A spawned actor sets its first timer only once it has run.
    while (by.count() > 0) {
      auto d = std::min(by, alarms::tick);
      tick(d);
      settle();
      by -= d;
    }
  }

  /// Moves the clock and delivers nothing.
  void tick(milliseconds by) {
    elapsed_ += by;
    sched_.advance_time(by);
  }

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
  static caf::actor_system_config& configure(caf::actor_system_config& config) {
    config.add_message_types<caf::id_block::hansom>();
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  entity_factory factory_for(entity_kind kind) {
    if (auto found = factories_.find(kind); found != factories_.end())
      return found->second;
    return
      [this](runtime&, entity_ref who, activation, std::shared_ptr<probe>) {
        return system_.spawn<caf::lazy_init>(stand_in, who, stand_ins);
      };
  }

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
