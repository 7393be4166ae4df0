#include "actors/cell/cell_actor.hpp"
#include "actors/driver/driver_actor.hpp"
#include "actors/runtime/runtime.hpp"
#include "bench/micro/memory.hpp"
#include "bench/micro/micro.hpp"
#include "bench/micro/node_config.hpp"
#include "bench/micro/timing.hpp"

#include <caf/all.hpp>

#include <thread>

namespace hansom::bench {

namespace {

/// Counts who is welcome; holds nothing.
class silent_clients final : public client_port {
public:
  void deliver(client_frame) override {
  }
  void attached(session_ref, std::string) override {
    count.fetch_add(1, std::memory_order_relaxed);
  }
  void close(session_ref, close_code) override {
  }
  void follow(session_ref, trip_id) override {
  }
  std::atomic<std::uint64_t> count{0};
};

struct crowd_cost {
  double per_s = 0;
  double bytes = 0; ///< Each, of anonymous memory in RAM.
};

template <class Ready>
void wait_for(Ready&& ready) {
  while (!ready())
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

/// Real drivers, brought into memory by their first session: asked for in the
/// store, spawned, entered in the directory.
crowd_cost driver_actors(std::uint32_t n) {
  node_config config;
  caf::actor_system system{config};
  auto db = store::make_sqlite_in_memory();
  auto connection = db->open();
  connection->migrate();
  const timestamp now{1'750'000'000'000};
  runtime::parts parts;
  parts.incarnation = connection->start_incarnation("bench", now);
  parts.quotes = std::make_shared<const quote_signer>(
    make_quote_key(1, "a secret for measuring"));
  parts.wall_at_start = now;
  silent_clients clients;
  parts.clients = &clients;
  auto writer = parts.writer = spawn_journal_writer(
    system, db->open(), {}, std::make_shared<journal_writer_stats>());
  auto reader = parts.reader = spawn_store_reader(system, db->open());
  const auto self = parts.incarnation;
  crowd_cost out;
  {
    runtime node{system, std::move(parts)};
    node.set_factory(entity_kind::driver, spawn_driver);
    node.set_factory(entity_kind::cell, spawn_cell);
    node.own(connection->claim_shards(self, now));
    node.start();
    const auto memory = anonymous_memory();
    const auto from = wall_seconds();
    for (std::uint64_t i = 1; i <= n; ++i) {
      // Not all at once: what waits for the store is no resident.
      wait_for([&] { return i < clients.count + 2000; });
      node.send(driver_id{i}, attach{{1, 0, i}, "car"});
    }
    wait_for([&] { return clients.count >= n; });
    out = {n / (wall_seconds() - from), (anonymous_memory() - memory) / n};
    node.stop();
    for (auto& x : {writer, reader})
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    system.await_all_actors_done(); // They know `node`.
  }
  return out;
}

caf::behavior bare(caf::event_based_actor*, std::atomic<std::uint64_t>* seen) {
  return {[=](std::uint64_t) { ++*seen; }};
}

crowd_cost bare_actors(std::uint32_t n) {
  node_config config;
  caf::actor_system system{config};
  std::atomic<std::uint64_t> seen{0};
  std::vector<caf::actor> all;
  all.reserve(n);
  const auto memory = anonymous_memory();
  const auto from = wall_seconds();
  for (std::uint32_t i = 0; i < n; ++i) {
    all.push_back(system.spawn<caf::lazy_init>(bare, &seen));
    caf::anon_send(all.back(), std::uint64_t{i});
  }
  wait_for([&] { return seen >= n; });
  crowd_cost out{n / (wall_seconds() - from),
                 (anonymous_memory() - memory) / n};
  for (auto& x : all)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  return out;
}

} // namespace

double driver_actor_bytes(std::uint32_t drivers) {
  return apart([&] { return std::vector{driver_actors(drivers).bytes}; })
    .front();
}

void measure_actors(const report& to, const effort& how) {
  const std::uint32_t n = how.quick ? 50'000 : 200'000;
  // Each in a process of its own: memory once used is not given back.
  auto measured = [&](crowd_cost (*what)(std::uint32_t)) {
    auto x = apart([&] {
      auto cost = what(n);
      return std::vector{cost.per_s, cost.bytes};
    });
    return crowd_cost{x.at(0), x.at(1)};
  };
  const auto plain = measured(bare_actors);
  const auto ours = measured(driver_actors);
  const auto count = std::to_string(n);
  row x;
  x.measure = "actors: bytes per resident driver, of " + count;
  x.unit = "B";
  x.baseline_name = "bare CAF actor";
  x.baseline = plain.bytes;
  x.value = ours.bytes;
  to(x);
  x.measure = "actors: 200,000 resident drivers";
  x.unit = "MiB";
  x.baseline = plain.bytes * 200'000 / 1048576;
  x.value = ours.bytes * 200'000 / 1048576;
  x.goal = goal_kind::at_most;
  x.limit = 1024;
  if (n != 200'000)
    x.note = "reckoned from " + count;
  to(x);
  x = {};
  x.measure = "actors: drivers brought into memory, asking the store";
  x.unit = "1/s";
  x.baseline_name = "bare CAF actors spawned";
  x.baseline = plain.per_s;
  x.value = ours.per_s;
  to(x);
}

} // namespace hansom::bench
