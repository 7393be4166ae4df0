#pragma once

/// Whole nodes, but for gateway and members: runtime, router, mesh. Entities
/// are stand-ins that write down what they are told.

#include "actors/runtime/runtime.hpp"
#include "cluster/mesh/mesh_router.hpp"
#include "tests/unit/mesh/mesh_fixture.hpp"

namespace hansom::testing {

/// The gateway of a node.
class recorded_sessions final : public client_port {
public:
  void deliver(client_frame x) override {
    std::lock_guard guard{mutex_};
    frames_.push_back(std::move(x));
  }
  void attached(session_ref, std::string state) override {
    std::lock_guard guard{mutex_};
    frames_.push_back({{}, delivery::event, "attached", std::move(state)});
  }
  void close(session_ref, close_code) override {
    std::lock_guard guard{mutex_};
    frames_.push_back({{}, delivery::event, "close", {}});
  }
  void follow(session_ref, trip_id) override {
    std::lock_guard guard{mutex_};
    frames_.push_back({{}, delivery::event, "follow", {}});
  }
  [[nodiscard]] std::vector<client_frame> frames() const {
    std::lock_guard guard{mutex_};
    return frames_;
  }
  [[nodiscard]] std::size_t replies_with(std::string_view text) const {
    auto all = frames();
    return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](auto& x) {
        return x.body.find(text) != std::string::npos;
      }));
  }

private:
  mutable std::mutex mutex_;
  std::vector<client_frame> frames_;
};

/// The router, but for its second chance: every half second it would try what
/// waits, and hide that nobody else did.
class sink_without_sweeps final : public mesh_sink {
public:
  explicit sink_without_sweeps(mesh_sink& to) : to_{to} {
  }
  std::optional<refusal> mail(store::incarnation from, far_mail x) override {
    return to_.mail(from, std::move(x));
  }
  void client(store::incarnation from, far_frame x) override {
    to_.client(from, std::move(x));
  }
  void returned(store::incarnation by, far_mail x, refusal why) override {
    to_.returned(by, std::move(x), why);
  }
  void sweep() override {
    if (!without)
      to_.sweep();
  }
  std::atomic<bool> without{false};

private:
  mesh_sink& to_;
};

class told_log {
public:
  struct entry {
    entity_ref who;
    std::uint64_t number = 0;
  };
  void add(entity_ref who, std::uint64_t n) {
    std::lock_guard guard{mutex_};
    all_.push_back({who, n});
  }
  [[nodiscard]] std::vector<std::uint64_t> of(entity_ref who) const {
    std::lock_guard guard{mutex_};
    std::vector<std::uint64_t> out;
    for (auto& x : all_)
      if (x.who == who)
        out.push_back(x.number);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::vector<entry> all_;
};

class whole_node {
public:
  explicit whole_node(store::incarnation self, store::factory& db,
                      mesh_config config = test_config())
    : incarnation{self}, map{self}, config_{config}, system_config_{config},
      system{system_config_}, router{map, config, sessions, heard} {
    runtime::parts parts;
    parts.quotes = std::make_shared<const quote_signer>(
      make_quote_key(1, "a secret for tests alone"));
    parts.incarnation = self;
    parts.wall_at_start = test_now();
    parts.clients = &router;
    parts.router = &router;
    parts.writer = spawn_journal_writer(
      system, db.open(), {}, std::make_shared<journal_writer_stats>());
    parts.reader = spawn_store_reader(system, db.open());
    helpers_ = {parts.writer, parts.reader};
    actors = std::make_unique<runtime>(system, std::move(parts));
    for (auto kind : {entity_kind::driver, entity_kind::rider,
                      entity_kind::trip, entity_kind::cell})
      actors->set_factory(kind, [this](auto&, auto who, auto, auto watch) {
        return stand_in(who, watch);
      });
    actors->start();
    mesh::parts with;
    with.config = config;
    with.self = self;
    with.sink = &sink;
    with.listener = &router;
    with.now = [this] { return actors->now(); };
    links = std::make_unique<mesh>(system, std::move(with));
    router.attach(*actors, *links);
    links->start();
    connection = db.open();
  }

  ~whole_node() {
    links.reset();
    actors->stop();
    for (auto& x : helpers_)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    helpers_.clear();
    CHECK(await_actors(system, 10s));
    actors.reset();
  }

  [[nodiscard]] shard_map::peer as_peer() const {
    return {incarnation, {config_.address, links->port()}};
  }
  void own(shard_id shard, store::epoch epoch) {
    map.learn(shard, {incarnation, epoch});
    if (actors->phase_of(shard) == shard_phase::closed)
      actors->open_shard(shard, epoch, *connection);
  }
  [[nodiscard]] bool knows(const whole_node& x) const {
    return links->is_up(x.incarnation);
  }

  const store::incarnation incarnation;
  shard_map map;
  recorded_sessions sessions;
  recorder heard;
  told_log told;

private:
  caf::actor stand_in(entity_ref who, std::shared_ptr<probe>) {
    return system.spawn([this, who](caf::event_based_actor* self) {
      self->set_default_handler(caf::drop);
      return caf::behavior{
        [this, who](const your_turn& x) { told.add(who, x.driver.value); },
        [this, who](const client_ref& from, const trip_arrived&) {
          turn_of turn{shard_of(who)};
          actors->reply(from, R"({"type":"ack"})");
        },
      };
    });
  }

  mesh_config config_;
  mesh_system_config system_config_;

public:
  caf::actor_system system;
  mesh_router router;
  sink_without_sweeps sink{router};
  std::unique_ptr<runtime> actors;
  std::unique_ptr<mesh> links;
  std::unique_ptr<store::connection> connection;

private:
  std::vector<caf::actor> helpers_;
};

/// Tells everybody where everybody is, and waits for all links.
inline bool introduce(const std::vector<whole_node*>& all) {
  std::vector<shard_map::peer> peers;
  for (auto* x : all)
    peers.push_back(x->as_peer());
  for (auto* x : all) {
    x->map.set_peers(peers);
    x->router.look_again();
  }
  return eventually([&] {
    for (auto* x : all)
      for (auto* y : all)
        if (x != y && !x->knows(*y))
          return false;
    return true;
  });
}

} // namespace hansom::testing
