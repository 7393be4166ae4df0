#include "persistence/relay/relay.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace hansom {

namespace {

using steady = std::chrono::steady_clock;

struct shard_position {
  shard_id shard = 0;
  bool known = false;
  bool ahead = false;            ///< The stream; then nothing is published.
  std::uint64_t published = 0;   ///< Last number that we know to be published.
  std::uint64_t stream_last = 0; ///< What the stream ends with.
  std::uint64_t head_seen = 0;   ///< The writer's counter when last drained.
  bool look = true;              ///< Read it whatever the counter says.
  steady::time_point behind_since;
};

} // namespace

std::uint64_t first_since(store::connection& from, shard_id shard,
                          timestamp since) {
  auto at = [&](std::uint64_t seq) {
    auto rows = from.journal_after(shard, seq - 1, 1);
    return rows.empty() ? std::optional<store::journal_row>{}
                        : std::optional{std::move(rows.front())};
  };
  auto first = at(1);
  if (!first || first->at >= since)
    return first ? first->shard_seq : 1;
  // Invariant: low is too old, high is not or does not exist.
  auto low = first->shard_seq;
  std::uint64_t step = 1;
  for (auto x = at(low + step); x && x->at < since; x = at(low + step)) {
    low = x->shard_seq;
    step *= 2;
  }
  auto high = low + step;
  while (high - low > 1) {
    auto middle = low + (high - low) / 2;
    auto x = at(middle);
    if (x && x->at < since)
      low = x->shard_seq;
    else
      high = middle;
  }
  return high;
}

struct relay::inside {
  inside(relay_config with, parts what) : config{with}, given{std::move(what)} {
    for (auto shard : given.shards) {
      shard_position x;
      x.shard = shard;
      positions.push_back(x);
    }
  }

  void run() {
    pthread_setname_np(pthread_self(), "relay");
    while (!stopping) {
      if (turn())
        pause(config.look);
      else
        pause(config.retry);
    }
    if (turn()) // The writer has ended: this is the last of it.
      report(steady::now());
  }

  void pause(milliseconds x) {
    std::unique_lock guard{mutex};
    wake.wait_for(guard, x, [this] { return stopping.load(); });
  }

  /// @returns `false` when store or sink are away.
  bool turn() {
    auto now = steady::now();
    try {
      if (!connection)
        connection = given.store->open();
      stats.store_away = false;
      follow_shards();
      auto generation = given.sink->generation();
      if (generation != verified_generation || now >= verify_at) {
        if (!verify(positions) || !look_at_others())
          return sink_is(false);
        verified_generation = generation;
        verify_at = now + config.verify_every;
        newcomers = false;
      }
      if (newcomers && !verify_newcomers())
        return sink_is(false);
      auto fine = publish_news();
      report(now);
      return sink_is(fine);
    } catch (const std::exception& e) {
      if (!stats.store_away.exchange(true))
        spdlog::warn("relay: store unavailable: {}", e.what());
      connection.reset();
      report(now);
      return false;
    }
  }

  bool sink_is(bool here) {
    if (stats.sink_away.exchange(!here) == here)
      here ? spdlog::info("relay: publishes to {}", given.sink->describe())
           : spdlog::warn("relay: {} does not answer; events wait in the "
                          "journal",
                          given.sink->describe());
    if (!here)
      report(steady::now());
    return here;
  }

  /// What is new here is published from where its former owner stopped.
  void follow_shards() {
    if (!given.owned)
      return;
    auto now = given.owned();
    if (now == owned)
      return;
    std::erase_if(positions, [&](auto& x) { return !now.test(x.shard); });
    for (shard_id s = 0; s < shard_count; ++s)
      if (now.test(s) && !owned.test(s)) {
        shard_position x;
        x.shard = s;
        positions.push_back(x);
        newcomers = true;
      }
    owned = now;
  }

  bool verify_newcomers() {
    auto known = std::stable_partition(positions.begin(), positions.end(),
                                       [](auto& x) { return x.known; });
    std::vector<shard_position> fresh{known, positions.end()};
    if (!verify(fresh))
      return false;
    std::copy(fresh.begin(), fresh.end(), known);
    newcomers = false;
    return true;
  }

  /// What other nodes have published: housekeeping waits for all of it.
  bool look_at_others() {
    std::vector<shard_id> others;
    for (shard_id s = 0; given.owned && s < shard_count; ++s)
      if (!owned.test(s))
        others.push_back(s);
    auto last = given.sink->last(others);
    if (!last)
      return false;
    for (std::size_t i = 0; i < others.size(); ++i)
      stats.published[others[i]] = (*last)[i];
    return true;
  }

  /// Looks where the streams end. Also reads every shard again: a commit that
  /// no counter told of is found here.
  bool verify(std::vector<shard_position>& of) {
    std::vector<shard_id> shards;
    shards.reserve(of.size());
    for (auto& x : of)
      shards.push_back(x.shard);
    auto last = given.sink->last(shards);
    if (!last)
      return false;
    std::uint64_t fell_back = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      fell_back += of[i].known && (*last)[i] < of[i].stream_last;
      settle(of[i], (*last)[i]);
    }
    stats.ahead = static_cast<std::uint64_t>(std::count_if(
      positions.begin(), positions.end(), [](auto& x) { return x.ahead; }));
    stats.regressions += fell_back;
    if (fell_back != 0)
      spdlog::warn(
        "relay: {} streams have lost events (flushed, or restored "
        "from an older copy); publishing them again from the journal",
        fell_back);
    return true;
  }

  void settle(shard_position& x, std::uint64_t last) {
    x.look = true;
    if (x.known && !x.ahead && last == x.stream_last)
      return;
    x.known = true;
    x.stream_last = last;
    // An empty stream gets the last hour; one that merely fell back goes on
    // from where it is.
    x.published =
      last != 0
        ? last
        : first_since(*connection, x.shard, given.now() - config.replay) - 1;
    stats.published[x.shard] = x.published;
    auto rows = last == 0 ? std::vector<store::journal_row>{}
                          : connection->journal_after(x.shard, last - 1, 1);
    auto was_ahead = std::exchange(x.ahead, last != 0 && rows.empty());
    if (x.ahead && !was_ahead)
      spdlog::error(
        "relay: the stream of shard {} is at {}, which the journal has not "
        "reached: another store has published there. Nothing is published for "
        "this shard; set another redis.prefix or delete the stream",
        x.shard, last);
  }

  /// @returns `false` when the sink is away.
  bool publish_news() {
    for (auto more = true; more;) {
      more = false;
      for (auto& x : positions) {
        auto head = head_of(x.shard);
        if (x.ahead || (!x.look && head == x.head_seen))
          continue;
        if (farewell_is_over())
          return true;
        auto done = publish(x, head);
        if (done == event_sink::outcome::away)
          return false;
        if (done == event_sink::outcome::moved) {
          verify_at = {};
          return true;
        }
        more = more || x.look;
      }
    }
    return true;
  }

  /// A sink that is slow, or a journal that is long, holds up no stop.
  bool farewell_is_over() {
    if (!stopping)
      return false;
    auto now = steady::now();
    if (farewell_ends == steady::time_point{})
      farewell_ends = now + config.farewell;
    return now >= farewell_ends;
  }

  /// One batch of one shard.
  event_sink::outcome publish(shard_position& x, std::uint64_t head) {
    auto rows = connection->journal_after(x.shard, x.published, config.batch);
    if (!rows.empty()) {
      auto done = given.sink->publish(x.shard, x.stream_last, rows);
      if (done != event_sink::outcome::published) {
        // Perhaps part of it arrived: where the stream ends must be asked.
        verify_at = {};
        return done;
      }
      x.published = x.stream_last = rows.back().shard_seq;
      stats.published[x.shard] = x.published;
      stats.events += rows.size();
      ++stats.batches;
    }
    x.look = rows.size() == config.batch;
    if (!x.look) {
      x.head_seen = head;
      x.behind_since = {};
    }
    return event_sink::outcome::published;
  }

  std::uint64_t head_of(shard_id shard) const {
    return given.written->shard_events[shard].load(std::memory_order_acquire);
  }

  void report(steady::time_point now) {
    std::uint64_t ms = 0;
    std::uint64_t events = 0;
    for (auto& x : positions) {
      auto behind = head_of(x.shard) - x.head_seen;
      if (behind == 0) {
        x.behind_since = {};
        continue;
      }
      if (x.behind_since == steady::time_point{})
        x.behind_since = now;
      auto waited =
        std::chrono::duration_cast<milliseconds>(now - x.behind_since);
      ms = std::max(ms, static_cast<std::uint64_t>(waited.count()));
      events = std::max(events, behind);
    }
    stats.lag_ms = ms;
    stats.lag_events = events;
  }

  relay_config config;
  parts given;
  relay_stats stats;
  std::vector<shard_position> positions;
  shard_set owned;        ///< What `positions` are of, where they come and go.
  bool newcomers = false; ///< Some are not known.
  std::unique_ptr<store::connection> connection;
  std::uint64_t verified_generation = 0;
  steady::time_point verify_at;
  steady::time_point farewell_ends; ///< Set when the stop is first seen.

  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable wake;
  std::thread thread;
};

relay::relay(relay_config with, parts what)
  : inside_{std::make_unique<inside>(with, std::move(what))} {
}

relay::~relay() {
  stop();
}

void relay::start() {
  inside_->thread = std::thread{[this] { inside_->run(); }};
}

void relay::stop() {
  {
    std::lock_guard guard{inside_->mutex};
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  if (inside_->thread.joinable())
    inside_->thread.join();
}

const relay_stats& relay::stats() const noexcept {
  return inside_->stats;
}

} // namespace hansom
