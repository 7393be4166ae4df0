#include "persistence/upkeep/upkeep.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <utility>

namespace hansom {

namespace {

using steady = std::chrono::steady_clock;
using task = store::upkeep_task;

/// Trips leave the states before their events go, and are made coarse there.
constexpr std::array all_tasks{task::prepare_days, task::settle_strays,
                               task::keep_trips,   task::blur_positions,
                               task::trim_journal, task::forget_commands};
static_assert(all_tasks.size() == store::upkeep_task_count);

/// After a failure the job tries again, sooner than the next pass.
constexpr milliseconds retry{30'000};
/// Clients go first, but not for ever.
constexpr milliseconds give_way_max{2'000};

} // namespace

std::optional<store::upkeep_order> order_of(const upkeep_config& with,
                                            task what, timestamp now) {
  store::upkeep_order out;
  out.what = what;
  out.now = now;
  out.before = now;
  out.rows = with.step_rows;
  auto older_than = [&](milliseconds x) {
    out.before = now - x;
    return x.count() > 0 ? std::optional{out} : std::nullopt;
  };
  switch (what) {
  case task::keep_trips:
    return older_than(with.trip_history_after);
  case task::blur_positions:
    return older_than(with.exact_positions);
  case task::trim_journal:
    return older_than(with.journal);
  case task::forget_commands:
    return older_than(with.commands);
  default:
    return out;
  }
}

struct upkeep::inside {
  inside(upkeep_config x, parts what) : with{x}, given{std::move(what)} {
  }

  void run() {
    pthread_setname_np(pthread_self(), "upkeep");
    while (!stopping) {
      auto idle = given.has_shards && !given.has_shards();
      pause(!idle && try_pass() ? with.pass_every : retry);
    }
  }

  void pause(milliseconds x) {
    std::unique_lock guard{mutex};
    wake.wait_for(guard, x, [this] { return stopping.load(); });
  }

  bool try_pass() {
    stats.running = true;
    auto fine = true;
    try {
      pass();
    } catch (const std::exception& e) {
      fine = false;
      connection.reset();
      ++stats.failures;
      stats.set_remark(e.what());
      // An outage is said once, elsewhere too.
      if (!stats.failing.exchange(true))
        spdlog::warn("upkeep: {}; tried again every {} s", e.what(),
                     retry.count() / 1000);
    }
    if (fine && stats.failing.exchange(false))
      spdlog::info("upkeep: goes on");
    stats.running = false;
    return fine;
  }

  void pass() {
    if (!connection)
      connection = given.store->open();
    std::string remark;
    for (auto what : all_tasks)
      if (auto waits = work_off(what); !waits.empty())
        remark += (remark.empty() ? "" : "; ") + to_string(what) + ": " + waits;
    if (stopping)
      return;
    stats.set_remark(std::move(remark));
    ++stats.passes;
    stats.pass_ended_ms = given.now().ms;
  }

  /// @returns what it waits for.
  std::string work_off(task what) {
    auto order = order_of(with, what, given.now());
    if (!order)
      return {};
    store::shard_numbers published{};
    if (given.published) {
      published = given.published();
      order->published = &published;
    }
    order->self = given.self;
    order->fold = given.fold;
    auto& count = stats.tasks[static_cast<std::size_t>(what)];
    auto begin = steady::now();
    std::uint64_t rows = 0;
    store::upkeep_step done;
    do {
      auto step_began = steady::now();
      done = connection->keep_up(*order);
      rows += done.rows;
      count.rows += done.rows;
      ++count.steps;
      if (done.more && threaded)
        rest(steady::now() - step_began);
    } while (done.more && !stopping);
    if (rows != 0)
      spdlog::info(
        "upkeep: {} {} rows in {} ms{}", to_string(what), rows,
        std::chrono::duration_cast<milliseconds>(steady::now() - begin).count(),
        done.more ? ", stopped before the end" : "");
    return done.waits;
  }

  /// Half of the time at most, and less while clients wait.
  void rest(steady::duration step) {
    auto took = std::chrono::duration_cast<milliseconds>(step);
    pause(std::max(with.pause, took));
    for (milliseconds waited{0};
         given.is_busy && given.is_busy() && waited < give_way_max && !stopping;
         waited += with.pause)
      pause(with.pause);
  }

  upkeep_config with;
  parts given;
  upkeep_stats stats;
  std::unique_ptr<store::connection> connection;
  bool threaded = false;

  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable wake;
  std::thread thread;
};

upkeep::upkeep(upkeep_config with, parts what)
  : inside_{std::make_unique<inside>(with, std::move(what))} {
}

upkeep::~upkeep() {
  stop();
}

void upkeep::start() {
  inside_->threaded = true;
  inside_->thread = std::thread{[this] { inside_->run(); }};
}

void upkeep::stop() {
  {
    std::lock_guard guard{inside_->mutex};
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  if (inside_->thread.joinable())
    inside_->thread.join();
}

void upkeep::run_once() {
  inside_->pass();
}

const upkeep_stats& upkeep::stats() const noexcept {
  return inside_->stats;
}

} // namespace hansom
