#include "persistence/postgres/arrays.hpp"
#include "persistence/postgres/session.hpp"
#include "persistence/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <thread>

/// Durable commands per second, and what the slowest waited: the store's own
/// commit beside what the same server does with bare rows, in one run.
///
///   bench_durable DATA-FOLDER SECONDS [POSTGRES-OWNER-URL]
///
/// The PostgreSQL database is migrated and written to: give an empty one.
namespace hansom::bench {

namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr std::size_t batch_max = 256;

struct pace {
  double per_s = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

class latencies {
public:
  void add(clock::time_point from, clock::time_point to) {
    ms_.push_back(1e3 * seconds{to - from}.count());
  }
  pace finish(double took) {
    std::sort(ms_.begin(), ms_.end());
    auto at = [this](std::size_t percent) {
      return ms_.empty() ? 0 : ms_[(ms_.size() - 1) * percent / 100];
    };
    return {static_cast<double>(ms_.size()) / took, at(50), at(99)};
  }

private:
  std::vector<double> ms_;
};

/// Rides as the store sees them: request, assignment, arrival, start, end; each
/// a command of its own, with claims, and money in the last.
class rides {
public:
  explicit rides(store::factory& from) : db_{from.open()} {
    db_->migrate();
    timestamp now{wall_ms()};
    self_ = db_->start_incarnation("bench", now);
    rows_ = db_->claim_shards(self_, now);
  }

  store::write make(std::uint64_t ride, std::uint64_t step) const {
    store::write x;
    auto shard = static_cast<shard_id>(ride % shard_count);
    auto rider = mix64(ride) >> 40, driver = mix64(ride + 1) >> 44;
    trip_id trip = make_trip_id(shard, 1'800'000'000 + ride / 200'000, self_,
                                static_cast<std::uint32_t>(ride % 200'000));
    x.entity = trip;
    x.shard = shard;
    x.claimed_epoch = rows_.at(shard).now;
    x.first_seq = step;
    x.at = {wall_ms()};
    x.events = {{"trip_step", std::string(250, 'p')}};
    x.state = std::string(420, 's');
    x.active = step < 5;
    // A person has one ride at a time here: the number tells them apart.
    store::claim for_rider{store::claim_kind::rider, rider << 24 | ride};
    store::claim for_driver{store::claim_kind::driver, driver << 24 | ride};
    if (step == 1)
      x.take = {for_rider, {store::claim_kind::quote, mix64(ride)}};
    if (step == 2)
      x.take = {for_driver};
    if (step == 5) {
      x.release = {for_rider, for_driver};
      x.transfers = {{"fare/" + std::to_string(trip.value),
                      "rider/1",
                      "driver/1",
                      {1'420, {}}}};
    }
    entity_ref client = rider_id{rider + 1};
    x.command = store::command_key{client, "c" + std::to_string(self_) + "-"
                                             + std::to_string(ride) + "-"
                                             + std::to_string(step)};
    return x;
  }

  /// So many commands wait at any time; who is answered says the next one.
  pace closed(std::size_t at_once, double limit) {
    struct waiting {
      std::uint64_t ride, step;
      clock::time_point since;
    };
    std::deque<waiting> queue;
    auto begin = clock::now();
    for (std::size_t i = 0; i < at_once; ++i)
      queue.push_back({next_++, 1, begin});
    latencies out;
    while (seconds{clock::now() - begin}.count() < limit) {
      std::vector<waiting> batch;
      while (!queue.empty() && batch.size() < batch_max) {
        batch.push_back(queue.front());
        queue.pop_front();
      }
      std::vector<store::write> writes;
      for (auto& x : batch)
        writes.push_back(make(x.ride, x.step));
      commit(writes);
      auto now = clock::now();
      for (auto& x : batch) {
        out.add(x.since, now);
        if (x.step == 5)
          queue.push_back({next_++, 1, now});
        else
          queue.push_back({x.ride, x.step + 1, now});
      }
    }
    return out.finish(seconds{clock::now() - begin}.count());
  }

  /// Commands come at a steady rate, whatever the store does.
  pace open(double per_s, double limit) {
    latencies out;
    auto begin = clock::now();
    std::uint64_t said = 0, first = next_;
    for (;;) {
      auto now = seconds{clock::now() - begin}.count();
      if (now >= limit)
        break;
      auto due = static_cast<std::uint64_t>(now * per_s);
      if (due == said) {
        std::this_thread::sleep_for(std::chrono::microseconds{100});
        continue;
      }
      std::vector<store::write> writes;
      auto from = said;
      for (; said < due && writes.size() < batch_max; ++said)
        writes.push_back(make(first + said / 5, said % 5 + 1));
      commit(writes);
      auto done = clock::now();
      for (auto i = from; i < said; ++i)
        out.add(begin
                  + std::chrono::duration_cast<clock::duration>(
                    seconds{static_cast<double>(i) / per_s}),
                done);
    }
    next_ = first + said / 5 + 1;
    return out.finish(seconds{clock::now() - begin}.count());
  }

private:
  static std::int64_t wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
  }

  void commit(const std::vector<store::write>& writes) {
    for (auto& x : db_->commit(writes))
      if (x.what != store::outcome::committed)
        throw std::runtime_error{"a planned write was not committed: "
                                 + to_string(x.what)};
  }

  std::unique_ptr<store::connection> db_;
  store::incarnation self_ = 0;
  std::vector<store::shard_row> rows_;
  std::uint64_t next_ = 1;
};

/// One narrow table and one statement: what the server can do at all.
class bare_rows {
public:
  explicit bare_rows(const std::string& url) : db_{{url}, dog_} {
    db_.execute("DROP TABLE IF EXISTS public.bare; CREATE TABLE public.bare("
                "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                "entity bigint NOT NULL, payload text NOT NULL)");
    db_.prepare("bare",
                "INSERT INTO public.bare(entity, payload) SELECT * FROM "
                "unnest($1::bigint[], $2::text[])");
  }
  ~bare_rows() {
    db_.execute("DROP TABLE public.bare");
  }

  pace run(std::size_t rows, double limit) {
    store::postgres::array_parameter<std::int64_t> entity;
    store::postgres::array_parameter<std::string_view> payload;
    std::string text(300, 'x');
    for (std::size_t i = 0; i < rows; ++i) {
      entity.push_back(static_cast<std::int64_t>(i));
      payload.push_back(text);
    }
    std::vector<std::string> parameters{entity.take(), payload.take()};
    latencies out;
    auto begin = clock::now();
    while (seconds{clock::now() - begin}.count() < limit) {
      auto from = clock::now();
      db_.run_binary("bare", parameters);
      out.add(from, clock::now());
    }
    auto x = out.finish(seconds{clock::now() - begin}.count());
    x.per_s *= static_cast<double>(rows);
    return x;
  }

private:
  store::postgres::watchdog dog_;
  store::postgres::session db_;
};

void print(const std::string& what, const pace& x) {
  std::printf("| %-44s | %9.0f | %8.2f | %8.2f |\n", what.c_str(), x.per_s,
              x.p50_ms, x.p99_ms);
  std::fflush(stdout);
}

/// @returns commands/s at saturation.
double measure(const std::string& name, store::factory& from, double limit) {
  rides load{from};
  load.closed(16, limit / 2); // Warm.
  double best = 0;
  for (std::size_t n : {1, 16, 256, 4096}) {
    auto x = load.closed(n, limit);
    best = std::max(best, x.per_s);
    print(name + ", " + std::to_string(n) + " at once", x);
  }
  print(name + ", 2,000 a second arrive", load.open(2'000, limit));
  return best;
}

int run(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: bench_durable DATA-FOLDER SECONDS "
                 "[POSTGRES-OWNER-URL]\n";
    return 2;
  }
  auto limit = std::atof(argv[2]);
  std::printf("| %-44s | %9s | %8s | %8s |\n| --- | --- | --- | --- |\n",
              "durable commands", "1/s", "p50 ms", "p99 ms");
  auto sqlite = store::make_sqlite(argv[1]);
  measure("SQLite", *sqlite, limit);
  if (argc == 3)
    return 0;
  store::postgres_options with;
  with.url = argv[3];
  store::migrate_postgres(with);
  bare_rows bare{with.url};
  print("PostgreSQL, bare rows, one a commit", bare.run(1, limit));
  auto batched = bare.run(batch_max, limit);
  print("PostgreSQL, bare rows, 256 a commit", batched);
  auto postgres = store::make_postgres(with);
  auto best = measure("PostgreSQL", *postgres, limit);
  batched.per_s = std::max(batched.per_s, bare.run(batch_max, limit).per_s);
  std::printf("\nPostgreSQL at saturation: %.0f %% of the bare batched rate.\n",
              100 * best / batched.per_s);
  return 0;
}

} // namespace

} // namespace hansom::bench

int main(int argc, char** argv) {
  try {
    return hansom::bench::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "bench_durable: " << e.what() << '\n';
    return 1;
  }
}
