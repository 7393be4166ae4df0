#include "cluster/node/node.hpp"

#include "actors/cell/cell_actor.hpp"
#include "actors/driver/driver_actor.hpp"
#include "actors/rider/rider_actor.hpp"
#include "actors/runtime/runtime.hpp"
#include "actors/trip/trip_actor.hpp"
#include "cluster/admin/admin_routes.hpp"
#include "cluster/admin/revocation_routes.hpp"
#include "cluster/admin/trip_orders.hpp"
#include "cluster/config/load.hpp"
#include "cluster/everywhere/other_nodes.hpp"
#include "cluster/map/map_routes.hpp"
#include "cluster/member/app_version.hpp"
#include "cluster/member/cluster_metrics.hpp"
#include "cluster/member/cluster_side.hpp"
#include "cluster/node/actor_metrics.hpp"
#include "cluster/node/keys.hpp"
#include "cluster/node/logging.hpp"
#include "cluster/node/node_metrics.hpp"
#include "cluster/node/open_store.hpp"
#include "cluster/node/ride_metrics.hpp"
#include "cluster/node/wall_clock.hpp"
#include "cluster/ops/ops_routes.hpp"
#include "cluster/program/exit_codes.hpp"
#include "cluster/redis/redis_services.hpp"
#include "cluster/tracing/span_exporter.hpp"
#include "cluster/upkeep/fold.hpp"
#include "cluster/upkeep/upkeep_route.hpp"
#include "gateway/gateway.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/lasting.hpp"
#include "persistence/membership.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace hansom {

namespace {

/// The scheduler's settings that were found the hard way: work stealing
/// collapses with many runnable actors, and an unlimited turn starves others.
struct actor_config : caf::actor_system_config {
  explicit actor_config(std::size_t threads) {
    add_message_types<caf::id_block::hansom>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads);
    set("scheduler.max-throughput", std::size_t{50});
  }
};

/// Clients of a stopping node come back within this.
constexpr milliseconds farewell{2000};
constexpr milliseconds farewell_max{5000};
/// With more writes waiting, housekeeping waits.
constexpr std::uint64_t busy_writes = 512;
/// Actors end within this: the journal writer has a full queue to flush.
constexpr milliseconds actors_end_within{10'000};

} // namespace

struct node::body {
  explicit body(settings s) : with{std::move(s)} {
  }

  settings with;
  std::shared_ptr<store::factory> store;
  store::incarnation incarnation = 0;
  std::shared_ptr<journal_writer_stats> written =
    std::make_shared<journal_writer_stats>();
  std::atomic<bool> ready{false};
  std::size_t recovered = 0;
  bool stopped = false;

  // Order of life: each needs those above it.
  std::unique_ptr<span_exporter> spans_out; ///< Null: nothing is recorded.
  std::unique_ptr<tracer> spans;            ///< Likewise.
  std::unique_ptr<gateway> clients;
  std::unique_ptr<redis_services> redis; ///< Null: without.
  std::unique_ptr<order_desk> orders;
  std::unique_ptr<cluster_side> peers; ///< Null: alone.
  std::unique_ptr<other_nodes> others; ///< Likewise.
  std::unique_ptr<actor_config> actors_config;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<runtime> actors;
  std::unique_ptr<map_feed> map;
  std::unique_ptr<revocation_desk> revoked;
  std::unique_ptr<upkeep> housekeeping;
  shared_desk admin; ///< Its thread uses actors and store.
  std::unique_ptr<operations> ops;

  std::vector<store::shard_row> open_store() {
    if (with.cluster.enabled) {
      // Shards come by decisions, later.
      migrate_store(with);
      peers = std::make_unique<cluster_side>(with, app_version());
      incarnation = peers->self();
      store = store::make_postgres(peers->store_options());
      store->open()->migrate();
      return {};
    }
    store = hansom::open_store(with);
    auto connection = store->open();
    connection->migrate();
    auto now = wall_clock_now();
    incarnation = connection->start_incarnation(with.node.name, now);
    return connection->claim_shards(incarnation, now);
  }

  void make_tracer() {
    auto& x = with.tracing;
    if (x.endpoint.empty())
      return;
    spans_out = std::make_unique<span_exporter>(x, with.node.name);
    spans = std::make_unique<tracer>(
      sampling{x.ratio_ppm, x.follow_clients},
      mix64(incarnation ^ 0x7472616365ULL)
        ^ mix64(static_cast<std::uint64_t>(wall_clock_now().ms)),
      wall_clock_now(), *spans_out);
    clients->add_metrics(make_tracing_collector(*spans_out));
    with.journal.spans = spans.get();
  }

  void make_gateway() {
    auto config = with.gateway;
    config.production = with.node.production;
    config.keys = token_keys(with);
    clients = std::make_unique<gateway>(std::move(config));
    clients->watch(written, with.journal.batch_max);
    clients->add_health([this] {
      std::vector<health_check> checks{
        {"actors", {}, {}}, journal_health(*written, with.journal.queue_max)};
      if (!ready)
        checks[0] = {"actors", health_status::unhealthy, "starting"};
      return checks;
    });
  }

  void make_redis() {
    if (with.redis.url.empty())
      return;
    redis = std::make_unique<redis_services>(with.redis, with.node.name);
    clients->share(redis->mirror(), redis->hellos());
    clients->add_health(redis->health());
    clients->add_metrics(redis->metrics());
  }

  void make_actors(const std::vector<store::shard_row>& shards) {
    actors_config = std::make_unique<actor_config>(with.node.threads);
    if (peers)
      peers->prepare(*actors_config);
    system = std::make_unique<caf::actor_system>(*actors_config);
    orders = std::make_unique<order_desk>(*clients, incarnation);
    runtime::parts parts;
    parts.config = with.dispatch;
    parts.quotes = quote_keys_of(with);
    parts.seed = mix64(incarnation)
                 ^ mix64(static_cast<std::uint64_t>(wall_clock_now().ms));
    parts.incarnation = incarnation;
    parts.clients = orders.get();
    if (peers) {
      others = std::make_unique<other_nodes>(*orders, incarnation);
      auto& ports = peers->ports(others->port());
      parts.clients = &ports;
      parts.router = &ports;
    }
    parts.spans = spans.get();
    parts.positions = redis ? redis->positions() : nullptr;
    parts.writer = spawn_journal_writer(*system, store, with.journal, written);
    parts.reader = spawn_store_reader(*system, store::make_lasting(store));
    // Last: what takes a while in between, nodes would differ by in all they
    // say.
    parts.wall_at_start = wall_clock_now();
    actors = std::make_unique<runtime>(*system, std::move(parts));
    actors->set_factory(entity_kind::driver, spawn_driver);
    actors->set_factory(entity_kind::rider, spawn_rider);
    actors->set_factory(entity_kind::trip, spawn_trip);
    actors->set_factory(entity_kind::cell, spawn_cell);
    actors->own(shards);
  }

  /// For people who look.
  void make_views() {
    auto& routes = clients->routes();
    auto cells = cells_of(*actors);
    if (others) {
      others->connect(
        {actors.get(), &peers->way(), &peers->where(), &routes, cells});
      cells = others->cells();
    }
    admin = add_admin_routes(routes, *actors, with.node.name,
                             store::make_lasting(store), others.get());
    admin->audit = audit();
    add_trip_orders(routes, *actors, *orders, admin);
    map = std::make_unique<map_feed>(
      map_pictures(std::move(cells)),
      static_cast<std::uint64_t>(wall_clock_now().ms));
    map->start();
    add_map_routes(routes, *map);
  }

  /// Nobody gets in before it is known who may not.
  void make_revocations() {
    revocation_desk::parts parts;
    parts.table = store::make_lasting(store);
    parts.apply = [this](auto& x) { return clients->revoke(x); };
    parts.forget = [this](auto now) { clients->forget_revocations(now); };
    parts.now = [this] { return actors->now(); };
    revoked = std::make_unique<revocation_desk>(std::move(parts));
    if (auto n = revoked->load(); n > 0)
      spdlog::info("{} revocations are in force", n);
    revoked->start();
    add_revocation_routes(
      clients->routes(), *revoked, [this] { return actors->now(); },
      with.gateway.token_life_max, audit());
  }

  /// Before the gateway starts.
  void make_operations() {
    operations::parts parts;
    if (with.store.engine == store_engine::postgresql)
      parts.members = [to = postgres_of(with)] {
        return store::make_postgres_membership(to);
      };
    parts.node = with.node.name;
    parts.self = incarnation;
    parts.version = HANSOM_VERSION;
    parts.now = [this] { return actors->now(); };
    parts.figures = [this] { return clients->figures(); };
    parts.config = show_settings(with);
    ops = std::make_unique<operations>(std::move(parts));
    ops->add_routes(clients->routes());
  }

  audit_trail audit() {
    return [this](audit_record x) { ops->audit(std::move(x)); };
  }

  /// From here on shards come and go.
  void join_others() {
    cluster_side::hooks hooks;
    hooks.on_draining = [this] {
      if (ready)
        clients->drain(farewell);
    };
    hooks.on_undrained = [this] { clients->undrain(); };
    if (redis)
      hooks.on_opened = [this](shard_id shard) { redis->opened(shard); };
    hooks.reattach = [this](const shard_set& moved) {
      clients->reattach(moved);
    };
    hooks.sessions = [this] { return clients->figures().websockets; };
    peers->start(*actors, store, std::move(hooks));
    peers->await_active();
  }

  /// Before the gateway starts; the job begins when clients are served.
  void make_upkeep() {
    upkeep::parts parts;
    parts.store = store;
    parts.self = incarnation;
    parts.now = wall_clock_now;
    parts.fold = fold_rows;
    if (redis)
      parts.published = redis->published();
    if (peers)
      parts.has_shards = [this] { return peers->member().now().owned > 0; };
    parts.is_busy = [w = written] {
      return w->queued.load(std::memory_order_relaxed) > busy_writes
             || w->outage_began_ns.load(std::memory_order_relaxed) != 0;
    };
    housekeeping = std::make_unique<upkeep>(with.retention, std::move(parts));
    // The gateway ends before the job is taken down.
    auto source = [x = housekeeping.get()] { return &x->stats(); };
    clients->add_metrics(make_upkeep_collector(source));
    clients->add_health(upkeep_health(source));
    add_upkeep_route(clients->routes(), source);
  }

  /// An actor uses the runtime until its last message: nothing may be taken
  /// down before. One that never ends takes the process with it; all that was
  /// acknowledged is durable.
  void await_actors() {
    if (hansom::await_actors(*system, actors_end_within))
      return;
    auto what =
      "node " + with.node.name + ": "
      + std::to_string(system->registry().running()) + " actors still run "
      + std::to_string(actors_end_within.count() / 1000) + " s after the stop ("
      + actors->who_remains() + "); the process ends without them";
    spdlog::critical(what);
    spdlog::default_logger()->flush();
    std::fprintf(stderr, "hansom: %s\n", what.c_str());
    std::_Exit(exit_failed);
  }
};

node::node(settings with) : body_{std::make_unique<body>(std::move(with))} {
}

node::~node() {
  stop();
}

void node::start() {
  auto& b = *body_;
  auto begin = std::chrono::steady_clock::now();
  auto shards = b.open_store();
  b.make_gateway();
  b.make_tracer();
  b.make_redis();
  b.make_actors(shards);
  b.make_operations();
  b.make_views();
  b.clients->add_metrics(make_actor_collector(*b.actors, b.admin->actors));
  b.clients->add_metrics(make_node_collector(*b.actors, b.written));
  b.clients->add_metrics(make_ride_collector(*b.actors, b.written));
  b.clients->add_metrics(make_process_collector(b.with.node.name));
  b.clients->add_metrics(make_log_collector());
  b.clients->add_metrics(make_cluster_collector(*b.actors, b.peers.get()));
  b.actors->start();
  b.recovered = b.actors->recover(*b.store->open());
  b.make_revocations();
  if (b.redis)
    spdlog::info("{} drivers are where they were",
                 b.redis->start(*b.actors, b.store, shards, b.written));
  b.make_upkeep();
  if (b.peers)
    b.join_others();
  b.clients->start(*b.actors, b.incarnation);
  b.ready = true;
  b.housekeeping->start();
  b.ops->start();
  spdlog::info(
    "node {} (incarnation {}) serves after {} ms: {}, {} entities brought back",
    b.with.node.name, b.incarnation,
    std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now()
                                             - begin)
      .count(),
    b.store->describe(), b.recovered);
}

void node::stop() {
  auto& b = *body_;
  if (b.stopped || !b.clients)
    return;
  b.stopped = true;
  b.ready = false;
  if (b.ops)
    b.ops->stop();
  if (b.housekeeping)
    b.housekeeping->stop();
  // Before: a node has left only when it has no clients either.
  b.clients->drain(farewell);
  if (b.peers)
    b.peers->leave();
  auto deadline = std::chrono::steady_clock::now() + farewell_max;
  while (!b.clients->drained() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds{20});
  if (b.revoked)
    b.revoked->stop();
  if (b.map)
    b.map->stop();
  b.clients->stop();
  if (b.admin)
    b.admin->room.stop();
  if (b.peers)
    b.peers->stop();
  if (b.actors) {
    b.actors->stop();
    // Writers answer and flush what they hold before they end: their exit
    // comes after all that was sent to them.
    caf::anon_send_exit(b.actors->writer(), caf::exit_reason::user_shutdown);
    caf::anon_send_exit(b.actors->reader(), caf::exit_reason::user_shutdown);
    b.await_actors();
    if (b.redis)
      b.redis->stop(); // After the last commit, so that it is published.
    b.actors.reset();
  }
  b.system.reset();
  b.housekeeping.reset();
  b.store.reset();
}

std::string node::url() const {
  auto& c = body_->with.gateway;
  auto host =
    c.address == "0.0.0.0" || c.address == "::" ? "127.0.0.1" : c.address;
  return std::string{c.certificate_file.empty() ? "http://" : "https://"}
         + (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':'
         + std::to_string(body_->clients->port());
}

bool node::has_left() const {
  return body_->peers && body_->peers->member().has_left();
}

bool node::is_fenced() const {
  // One of several loses a shard and goes on; whether it has to end is for the
  // others to say.
  return !body_->peers
         && body_->written->fenced.load(std::memory_order_relaxed) != 0;
}

std::size_t node::recovered() const {
  return body_->recovered;
}

} // namespace hansom
