#include "actors/type_ids.hpp"
#include "bench/micro/micro.hpp"
#include "bench/micro/timing.hpp"
#include "bench/micro/trip_writes.hpp"
#include "persistence/sqlite/database.hpp"

#include <caf/all.hpp>

#include <filesystem>
#include <stdexcept>
#include <thread>

namespace hansom::bench {

namespace {

struct commit_pace {
  double rows_per_s = 0;
  double commits_per_s = 0;
  double cpu_us = 0; ///< Per row.
};

constexpr std::size_t batches[] = {1, 16, 256, 1024};

/// One table, one statement: what SQLite can do on this disk.
class bare_inserts {
public:
  explicit bare_inserts(const std::string& file)
    : db_{file, store::sqlite::database::mode::create} {
    db_.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "CREATE TABLE t(id INTEGER PRIMARY KEY, entity INTEGER, "
                "payload TEXT)");
  }

  commit_pace run(std::size_t batch, double seconds) {
    store::sqlite::statement begin{db_, "BEGIN IMMEDIATE"};
    store::sqlite::statement commit{db_, "COMMIT"};
    store::sqlite::statement insert{db_, "INSERT INTO t VALUES(NULL, ?, ?)"};
    const std::string payload(300, 'x');
    std::uint64_t commits = 0;
    const auto from = wall_seconds(), cpu = cpu_seconds();
    for (; wall_seconds() < from + seconds; ++commits) {
      begin.run();
      for (std::size_t i = 0; i < batch; ++i)
        insert.bind(std::uint64_t{commits}, payload).run();
      commit.run();
    }
    const auto n = static_cast<double>(commits);
    const auto rows = n * static_cast<double>(batch);
    const auto took = wall_seconds() - from;
    return {rows / took, n / took, 1e6 * (cpu_seconds() - cpu) / rows};
  }

private:
  store::sqlite::database db_;
};

/// The store's own commit, fed with rides; what makes the writes is not timed.
class store_commits {
public:
  explicit store_commits(const std::string& folder)
    : factory_{store::make_sqlite(folder)}, connection_{factory_->open()} {
    connection_->migrate();
    const timestamp now{1'750'000'000'000};
    self_ = connection_->start_incarnation("bench", now);
    shards_ = connection_->claim_shards(self_, now);
  }

  commit_pace run(std::size_t batch, double seconds) {
    const trip_writes rides{self_, shards_};
    double took = 0, cpu = 0, commits = 0;
    while (took < seconds) {
      // Each of so many trips takes its next step in one batch.
      for (std::size_t step = 0; step < trip_writes::steps; ++step) {
        std::vector<store::write> writes;
        for (std::size_t i = 0; i < batch; ++i)
          writes.push_back(rides.make(next_ + i, step));
        const auto from = wall_seconds(), cpu_from = cpu_seconds();
        auto results = connection_->commit(writes);
        took += wall_seconds() - from;
        cpu += cpu_seconds() - cpu_from;
        ++commits;
        for (auto& x : results)
          if (x.what != store::outcome::committed)
            throw std::runtime_error{"a planned write was not committed: "
                                     + to_string(x.what)};
      }
      next_ += batch;
    }
    const auto rows = commits * static_cast<double>(batch);
    return {rows / took, commits / took, 1e6 * cpu / rows};
  }

  store::factory& factory() {
    return *factory_;
  }
  trip_writes rides() const {
    return {self_, shards_};
  }

private:
  std::unique_ptr<store::factory> factory_;
  std::unique_ptr<store::connection> connection_;
  store::incarnation self_ = 0;
  std::vector<store::shard_row> shards_;
  std::uint64_t next_ = 1;
};

struct writer_config : caf::actor_system_config {
  writer_config() {
    add_message_types<caf::id_block::hansom>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

struct rider_load {
  std::atomic<std::uint64_t> committed{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<bool> stop{false};
};

/// Many trips at once, each going on as soon as its last step is durable.
caf::behavior trips(caf::event_based_actor* self, trip_writes rides,
                    caf::actor writer, rider_load* load, std::uint64_t first,
                    std::uint64_t at_once) {
  auto next = std::make_shared<std::uint64_t>(first);
  auto write = [=](std::uint64_t trip, std::size_t step) {
    self->send(writer, commit_request{rides.make(trip, step),
                                      trip * trip_writes::steps + step, true});
  };
  for (std::uint64_t i = 0; i < at_once; ++i)
    write((*next)++, 0);
  return {
    [=](const commit_result& x) {
      ++(x.result.what == store::outcome::committed ? load->committed
                                                    : load->refused);
      if (load->stop)
        return;
      auto trip = x.token / trip_writes::steps;
      auto step = x.token % trip_writes::steps + 1;
      if (step == trip_writes::steps) {
        trip = (*next)++;
        step = 0;
      }
      write(trip, step);
    },
  };
}

struct writer_pace {
  commit_pace all;
  double batch = 0; ///< Mean.
};

writer_pace run_writer(const std::string& folder, double seconds) {
  store_commits place{folder};
  auto stats = std::make_shared<journal_writer_stats>();
  writer_config config;
  caf::actor_system system{config};
  auto writer = spawn_journal_writer(system, place.factory().open(), {}, stats);
  rider_load load;
  auto asker = system.spawn(trips, place.rides(), writer, &load,
                            std::uint64_t{1'000'000}, std::uint64_t{2000});
  const auto from = wall_seconds(), cpu = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto took = wall_seconds() - from;
  const auto n = static_cast<double>(load.committed);
  const auto commits = static_cast<double>(stats->batches);
  writer_pace out{{n / took, commits / took, 1e6 * (cpu_seconds() - cpu) / n},
                  commits == 0 ? 0 : n / commits};
  load.stop = true;
  if (load.refused > 0)
    throw std::runtime_error{"the journal writer refused planned writes"};
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(writer, caf::exit_reason::user_shutdown);
  return out;
}

std::string commits_note(double bare, double ours) {
  return std::to_string(static_cast<int>(bare)) + " and "
         + std::to_string(static_cast<int>(ours)) + " commits/s";
}

} // namespace

void measure_group_commit(const report& to, const effort& how,
                          const std::string& folder) {
  std::filesystem::create_directories(folder);
  bare_inserts bare{folder + "/bare.db"};
  double best_bare = 0;
  {
    store_commits ours{folder + "/store"};
    for (auto batch : batches) {
      auto without = bare.run(batch, how.seconds / 2);
      auto with = ours.run(batch, how.seconds / 2);
      best_bare = std::max(best_bare, without.rows_per_s);
      row x;
      x.measure =
        "store: trip steps, full sync, batch of " + std::to_string(batch);
      x.unit = "1/s";
      x.baseline_name = "SQLite, bare inserts of 300 B";
      x.baseline = without.rows_per_s;
      x.value = with.rows_per_s;
      x.note = commits_note(without.commits_per_s, with.commits_per_s);
      to(x);
      if (batch != 256)
        continue;
      x.measure = "store: CPU per trip step, batch of 256";
      x.unit = "us";
      x.baseline = without.cpu_us;
      x.value = with.cpu_us;
      x.note.clear();
      to(x);
    }
  }
  auto writer = run_writer(folder + "/writer", how.seconds * 1.5);
  row x;
  x.measure = "store: trip steps through the journal writer";
  x.unit = "1/s";
  x.baseline_name = "SQLite, bare, its best batch";
  x.baseline = best_bare;
  x.value = writer.all.rows_per_s;
  x.note = "mean batch " + std::to_string(static_cast<int>(writer.batch))
           + "; CPU " + std::to_string(static_cast<int>(writer.all.cpu_us))
           + " us each with the asking actor";
  to(x);
}

} // namespace hansom::bench
