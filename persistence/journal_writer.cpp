#include "persistence/journal_writer.hpp"

#include "persistence/commit_queue.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

namespace hansom {

namespace {

using namespace std::chrono_literals;

/// Sent to oneself: it queues up behind all requests that wait already, so
/// these become the batch.
using flush_atom = caf::atom_constant<caf::atom("flush")>;

constexpr auto reopen_pause = 200ms;
constexpr auto log_pause = 5s;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

struct writer_state {
  static inline const char* name = "journal_writer";

  std::unique_ptr<store::connection> connection;
  std::shared_ptr<store::factory> connections; ///< Null: cannot reopen.
  std::shared_ptr<journal_writer_stats> stats;
  std::unique_ptr<commit_queue> queue;
  journal_writer_config config;
  /// The batch that is on its way. Stays here while the store is gone.
  std::vector<waiting_commit> pending;
  bool uncertain = false; ///< `pending` may have happened.
  bool flush_sent = false;
  caf::actor_clock::time_point log_at;
  std::uint64_t unlogged = 0; ///< Failures since the last line in the log.

  [[nodiscard]] bool out_of_service() const {
    return stats->outage_began_ns != 0;
  }
};

using writer_actor = caf::stateful_actor<writer_state>;

void answer(writer_actor* self, const waiting_commit& to,
            const store::result& what) {
  if (to.asker)
    self->send(caf::actor_cast<caf::actor>(to.asker),
               commit_result{to.request.token, what});
}

void count(journal_writer_stats& stats, const store::write& what,
           const store::result& x) {
  switch (x.what) {
  case store::outcome::committed:
    stats.events += what.events.size();
    stats.shard_events.at(what.shard) += what.events.size();
    break;
  case store::outcome::stale_epoch:
    ++stats.fenced;
    break;
  case store::outcome::duplicate_command:
    ++stats.duplicates;
    break;
  case store::outcome::claim_lost:
    ++stats.claims_lost;
    break;
  case store::outcome::sequence_conflict:
    ++stats.sequence_conflicts;
    break;
  case store::outcome::rejected:
    ++stats.rejected;
    break;
  case store::outcome::unavailable:
    ++stats.unavailable;
    break;
  }
}

void answer_all(writer_actor* self, std::vector<waiting_commit> what,
                store::outcome how) {
  store::result result;
  result.what = how;
  for (auto& x : what) {
    count(*self->state.stats, x.request.what, result);
    answer(self, x, result);
  }
}

/// The store is gone, or does not answer in time. Nothing is lost by that: what
/// waits goes on waiting.
void note_failure(writer_actor* self, const char* why) {
  auto& st = self->state;
  ++st.unlogged;
  st.stats->set_last_failure(why);
  if (!st.out_of_service())
    st.stats->outage_began_ns = steady_ns();
  auto now = self->clock().now();
  if (now >= st.log_at) {
    spdlog::error("journal writer: store unavailable, {} attempt(s): {}",
                  st.unlogged, why);
    st.unlogged = 0;
    st.log_at = now + log_pause;
  }
  if (st.connections)
    st.connection.reset();
}

void note_service(writer_actor* self) {
  auto& st = self->state;
  if (!st.out_of_service())
    return;
  spdlog::info("journal writer: the store is back after {} ms",
               (steady_ns() - st.stats->outage_began_ns) / 1'000'000);
  st.stats->outage_began_ns = 0;
  st.log_at = {};
}

/// Finds out what became of `pending`, and answers what happened.
/// @throws store::unavailable_error.
void find_outcome(writer_actor* self) {
  auto& st = self->state;
  std::vector<store::write> batch;
  batch.reserve(st.pending.size());
  for (auto& x : st.pending)
    batch.push_back(x.request.what);
  auto happened = st.connection->which_happened(batch);
  st.uncertain = false;
  std::vector<waiting_commit> ours, rest;
  for (std::size_t i = 0; i < batch.size(); ++i)
    (happened[i] ? ours : rest).push_back(std::move(st.pending[i]));
  spdlog::warn("journal writer: of {} writes whose outcome was unknown, {} had "
               "happened",
               batch.size(), ours.size());
  st.stats->uncertain += batch.size();
  st.pending = std::move(rest);
  answer_all(self, std::move(ours), store::outcome::committed);
}

/// The child of the first recorded write of the batch.
live_span begin_batch_span(const writer_state& st) {
  if (st.config.spans != nullptr)
    for (auto& x : st.pending)
      if (x.request.trace)
        return st.config.spans->begin(x.request.trace);
  return {};
}

/// Linked to all other recorded writes.
void end_batch_span(const writer_state& st, live_span& what) {
  end_span(st.config.spans, what, [&] {
    finished_span x;
    x.name = "store batch";
    x.kind = span_kind::client;
    x.tags = {
      {"hansom.batch.writes", static_cast<std::int64_t>(st.pending.size())}};
    for (auto& y : st.pending)
      if (y.request.trace && y.request.trace.span != what.parent)
        x.links.push_back(y.request.trace);
    return x;
  });
}

/// Commits `pending` and answers it.
/// @throws store::unavailable_error, store::unknown_outcome_error; then it is
///         as it was.
void commit_pending(writer_actor* self) {
  auto& st = self->state;
  if (st.uncertain)
    find_outcome(self);
  if (st.pending.empty())
    return;
  std::vector<store::write> batch;
  batch.reserve(st.pending.size());
  for (auto& x : st.pending)
    batch.push_back(std::move(x.request.what));
  auto began = steady_ns();
  auto trace = begin_batch_span(st);
  std::vector<store::result> results;
  try {
    results = st.connection->commit(batch);
    if (results.size() != batch.size())
      throw store::unavailable_error{
        "the store answered with " + std::to_string(results.size())
        + " results for " + std::to_string(batch.size()) + " writes"};
  } catch (...) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      st.pending[i].request.what = std::move(batch[i]);
    throw;
  }
  st.stats->commit_us.add(static_cast<std::uint64_t>(steady_ns() - began)
                          / 1000);
  end_batch_span(st, trace);
  auto waiting = std::move(st.pending);
  st.pending.clear();
  ++st.stats->batches;
  st.stats->writes += batch.size();
  st.stats->last_batch = batch.size();
  st.stats->batch_sizes.add(batch.size());
  auto now = self->clock().now();
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    count(*st.stats, batch[i], results[i]);
    st.stats->answer_us.add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now
                                                            - waiting[i].since)
        .count()));
    answer(self, waiting[i], results[i]);
  }
}

/// One attempt at `pending`, timed. @returns whether it is done.
bool try_pending(writer_actor* self) {
  auto& st = self->state;
  auto began = steady_ns();
  st.stats->commit_began_ns = began;
  auto done = false;
  try {
    if (!st.connection)
      st.connection = st.connections->open();
    commit_pending(self);
    done = true;
  } catch (const store::unknown_outcome_error& e) {
    st.uncertain = true;
    note_failure(self, e.what());
  } catch (const std::exception& e) {
    note_failure(self, e.what());
  }
  st.stats->commit_began_ns = 0;
  auto took = steady_ns() - began;
  st.stats->last_commit_ns = took;
  st.stats->busy_ns += static_cast<std::uint64_t>(took);
  if (done)
    note_service(self);
  else
    ++st.stats->retried;
  return done;
}

/// What has waited too long gets its answer, unless it may have happened.
void expire(writer_actor* self) {
  auto& st = self->state;
  auto limit = self->clock().now() - st.config.outage_wait;
  auto late = st.queue->take_older_than(limit);
  if (!st.uncertain) {
    auto fresh = std::stable_partition(
      st.pending.begin(), st.pending.end(),
      [limit](const waiting_commit& x) { return x.since < limit; });
    std::move(st.pending.begin(), fresh, std::back_inserter(late));
    st.pending.erase(st.pending.begin(), fresh);
  }
  st.stats->expired += late.size();
  st.stats->queued = st.queue->size() + st.pending.size();
  answer_all(self, std::move(late), store::outcome::unavailable);
}

void commit_next_batch(writer_actor* self) {
  auto& st = self->state;
  if (st.pending.empty())
    st.pending = st.queue->next_batch();
  st.stats->queued = st.queue->size();
  if (st.pending.empty() && !st.out_of_service())
    return;
  if (try_pending(self))
    return;
  if (st.connections)
    return expire(self);
  // Nothing to wait for: nobody will open another connection.
  st.stats->outage_began_ns = 0;
  if (!st.uncertain)
    answer_all(self, std::exchange(st.pending, {}),
               store::outcome::unavailable);
}

void ask_for_flush(writer_actor* self) {
  auto& st = self->state;
  if (st.flush_sent)
    return;
  if (st.out_of_service()) {
    // Also when nobody waits: the next one shall not find a dead connection.
    st.flush_sent = true;
    self->delayed_send(self, reopen_pause, flush_atom::value);
  } else if (st.queue->size() != 0) {
    st.flush_sent = true;
    self->send(self, flush_atom::value);
  }
}

void accept(writer_actor* self, commit_request& x) {
  auto& st = self->state;
  waiting_commit item{std::move(x), self->current_sender(),
                      self->clock().now()};
  auto waiting = st.queue->size() + st.pending.size();
  if (st.queue->is_full()
      || (st.out_of_service() && waiting >= st.config.outage_queue_max)) {
    ++st.stats->refused_full;
    store::result full;
    full.what = store::outcome::unavailable;
    answer(self, item, full);
    return;
  }
  st.queue->push(std::move(item));
  st.stats->queued = st.queue->size() + st.pending.size();
  ask_for_flush(self);
}

/// What was accepted before the stop is still made durable, if the store is
/// there or comes back soon.
void finish(writer_actor* self) {
  auto& st = self->state;
  for (int missed = 0; missed < 10;) {
    commit_next_batch(self);
    if (st.out_of_service()) {
      ++missed;
      std::this_thread::sleep_for(reopen_pause);
    } else if (st.uncertain // And nobody to ask.
               || (st.queue->size() == 0 && st.pending.empty())) {
      break;
    }
  }
  // Whose write may have happened is told nothing: his retry will find out.
  if (st.uncertain && !st.pending.empty())
    spdlog::error("journal writer: ends with {} writes whose outcome is "
                  "unknown",
                  st.pending.size());
  else
    answer_all(self, std::exchange(st.pending, {}),
               store::outcome::unavailable);
  while (st.queue->size() != 0)
    answer_all(self, st.queue->next_batch(), store::outcome::unavailable);
  st.connection.reset();
}

caf::behavior journal_writer(writer_actor* self,
                             std::shared_ptr<writer_state> start) {
  self->state = std::move(*start);
  self->set_exit_handler([self](caf::exit_msg& x) {
    finish(self);
    self->quit(std::move(x.reason));
  });
  return {
    [self](commit_request& x) { accept(self, x); },
    [self](flush_atom) {
      self->state.flush_sent = false;
      commit_next_batch(self);
      ask_for_flush(self);
    },
  };
}

caf::actor spawn(caf::actor_system& system, journal_writer_config config,
                 std::shared_ptr<writer_state> start, bool detached) {
  start->queue = std::make_unique<commit_queue>(config);
  start->config = config;
  // CAF copies an actor's arguments: hence the shared pointer.
  if (detached)
    return system.spawn<caf::detached>(journal_writer, start);
  return system.spawn(journal_writer, start);
}

} // namespace

caf::actor spawn_journal_writer(caf::actor_system& system,
                                std::unique_ptr<store::connection> connection,
                                journal_writer_config config,
                                std::shared_ptr<journal_writer_stats> stats,
                                bool detached) {
  auto start = std::make_shared<writer_state>();
  start->connection = std::move(connection);
  start->stats = std::move(stats);
  return spawn(system, config, std::move(start), detached);
}

caf::actor spawn_journal_writer(caf::actor_system& system,
                                std::shared_ptr<store::factory> connections,
                                journal_writer_config config,
                                std::shared_ptr<journal_writer_stats> stats,
                                bool detached) {
  auto start = std::make_shared<writer_state>();
  start->connection = connections->open();
  try {
    // The first costs more than those that follow: now nobody waits for it.
    start->connection->commit({});
  } catch (const std::exception&) {
    // The next one finds out, on a connection of its own.
    start->connection.reset();
  }
  start->connections = std::move(connections);
  start->stats = std::move(stats);
  return spawn(system, config, std::move(start), detached);
}

} // namespace hansom
