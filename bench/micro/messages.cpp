#include "actors/messages.hpp"

#include "actors/cell/position_pack.hpp"
#include "actors/type_ids.hpp"
#include "bench/micro/micro.hpp"
#include "bench/micro/node_config.hpp"
#include "bench/micro/timing.hpp"

#include <caf/all.hpp>

#include <thread>

namespace hansom::bench {

namespace {

constexpr std::size_t cells = 64;
constexpr std::size_t packed_together = 50;
/// On their way at once: mailboxes are full, memory is not.
constexpr std::uint64_t window = 50'000;

struct sums {
  alignas(64) std::atomic<std::uint64_t> updates{0};
  std::int64_t noise = 0; ///< So that the fields are read.

  void add(std::uint64_t n) {
    updates.store(updates.load(std::memory_order_relaxed) + n,
                  std::memory_order_release);
  }
};

caf::behavior cell(caf::event_based_actor*, sums* sum) {
  return {
    [=](std::uint64_t driver, std::int32_t lat, std::int32_t lon,
        std::int64_t time) {
      sum->noise += static_cast<std::int64_t>(driver) + lat + lon + time;
      sum->add(1);
    },
    [=](const position_batch& x) {
      std::uint64_t n = 0;
      unpack(x.packed, [&](const packed_position& p) {
        sum->noise += p.at.lat_e7 + p.time.ms;
        ++n;
      });
      sum->add(n);
    },
  };
}

struct message_pace {
  double per_s = 0;
  double cpu_us = 0;
};

/// Sends a window, waits until it has been handled, and so on.
template <class Send>
message_pace run(std::vector<sums>& all, double seconds, Send&& send_window) {
  auto handled = [&] {
    std::uint64_t n = 0;
    for (auto& x : all)
      n += x.updates.load(std::memory_order_acquire);
    return n;
  };
  const auto base = handled();
  auto sent = base;
  const auto from = wall_seconds();
  const auto cpu_from = cpu_seconds();
  while (wall_seconds() < from + seconds) {
    sent += send_window();
    while (handled() < sent)
      std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
  const auto n = static_cast<double>(sent - base);
  return {n / (wall_seconds() - from), 1e6 * (cpu_seconds() - cpu_from) / n};
}

} // namespace

void measure_messages(const report& to, const effort& how) {
  node_config config;
  caf::actor_system system{config};
  std::vector<sums> all(cells);
  std::vector<caf::actor> actors;
  actors.reserve(cells);
  for (auto& x : all)
    actors.push_back(system.spawn(cell, &x));
  auto single = run(all, how.seconds, [&] {
    for (std::uint64_t i = 0; i < window; ++i)
      caf::anon_send(actors[i % cells], i + 1, std::int32_t{407'580'000},
                     std::int32_t{-739'855'000},
                     std::int64_t{1'750'000'000'000});
    return window;
  });
  auto packed = run(all, how.seconds, [&] {
    std::string batch;
    for (std::uint64_t i = 0; i < window; ++i) {
      pack(batch, {driver_id{i + 1},
                   {407'580'000, -739'855'000},
                   timestamp{1'750'000'000'000},
                   90});
      if ((i + 1) % packed_together == 0) {
        caf::anon_send(actors[i / packed_together % cells],
                       position_batch{std::move(batch)});
        batch.clear();
      }
    }
    return window / packed_together * packed_together;
  });
  row x;
  x.measure = "messages: updates into 64 cells, packed by 50";
  x.unit = "1/s";
  x.baseline_name = "one message each";
  x.baseline = single.per_s;
  x.value = packed.per_s;
  to(x);
  x.measure = "messages: CPU per update, sender and receiver";
  x.unit = "us";
  x.baseline = single.cpu_us;
  x.value = packed.cpu_us;
  to(x);
  for (auto& a : actors)
    caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
}

} // namespace hansom::bench
