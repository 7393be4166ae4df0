#include "persistence/journal_writer.hpp"

#include "persistence/commit_queue.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

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
  bool flush_sent = false;
  caf::actor_clock::time_point reopen_at;
  caf::actor_clock::time_point log_at;
  std::uint64_t unlogged = 0; ///< Failures since the last line in the log.
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

void note_failure(writer_actor* self, const char* why) {
  auto& st = self->state;
  ++st.unlogged;
  auto now = self->clock().now();
  if (now >= st.log_at) {
    spdlog::error("journal writer: store unavailable, {} batch(es) refused: {}",
                  st.unlogged, why);
    st.unlogged = 0;
    st.log_at = now + log_pause;
  }
  if (st.connections) {
    st.connection.reset();
    st.reopen_at = now + reopen_pause;
  }
}

/// @returns whether a connection is there now.
bool ensure_connection(writer_actor* self) {
  auto& st = self->state;
  if (st.connection)
    return true;
  if (!st.connections || self->clock().now() < st.reopen_at)
    return false;
  try {
    st.connection = st.connections->open();
    spdlog::info("journal writer: connected to {}", st.connections->describe());
    return true;
  } catch (const std::exception& e) {
    note_failure(self, e.what());
    return false;
  }
}

/// @returns one result per write; all `unavailable` when the store is.
std::vector<store::result> commit(writer_actor* self,
                                  const std::vector<store::write>& batch) {
  auto& st = self->state;
  if (ensure_connection(self)) {
    auto began = steady_ns();
    st.stats->commit_began_ns = began;
    std::vector<store::result> results;
    try {
      results = st.connection->commit(batch);
    } catch (const std::exception& e) {
      note_failure(self, e.what());
    }
    st.stats->commit_began_ns = 0;
    st.stats->busy_ns += static_cast<std::uint64_t>(steady_ns() - began);
    if (results.size() == batch.size())
      return results;
  }
  store::result unavailable;
  unavailable.what = store::outcome::unavailable;
  return std::vector<store::result>(batch.size(), unavailable);
}

void commit_next_batch(writer_actor* self) {
  auto& st = self->state;
  auto waiting = st.queue->next_batch();
  st.stats->queued = st.queue->size();
  if (waiting.empty())
    return;
  std::vector<store::write> batch;
  batch.reserve(waiting.size());
  for (auto& x : waiting)
    batch.push_back(std::move(x.request.what));
  auto results = commit(self, batch);
  ++st.stats->batches;
  st.stats->writes += batch.size();
  st.stats->last_batch = batch.size();
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    count(*st.stats, batch[i], results[i]);
    answer(self, waiting[i], results[i]);
  }
}

void ask_for_flush(writer_actor* self) {
  if (self->state.flush_sent || self->state.queue->size() == 0)
    return;
  self->state.flush_sent = true;
  self->send(self, flush_atom::value);
}

void accept(writer_actor* self, commit_request& x) {
  auto& st = self->state;
  waiting_commit item{std::move(x), self->current_sender()};
  if (st.queue->is_full()) {
    ++st.stats->refused_full;
    store::result full;
    full.what = store::outcome::unavailable;
    answer(self, item, full);
    return;
  }
  st.queue->push(std::move(item));
  st.stats->queued = st.queue->size();
  ask_for_flush(self);
}

caf::behavior journal_writer(writer_actor* self,
                             std::shared_ptr<writer_state> start) {
  self->state = std::move(*start);
  self->set_exit_handler([self](caf::exit_msg& x) {
    // What was accepted before the stop is still made durable.
    while (self->state.queue->size() != 0)
      commit_next_batch(self);
    self->state.connection.reset();
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
  // CAF copies an actor's arguments: hence the shared pointer.
  if (detached)
    return system.spawn<caf::detached>(journal_writer, start);
  return system.spawn(journal_writer, start);
}

// -- the reader ---------------------------------------------------------------

struct reader_state {
  static inline const char* name = "store_reader";

  std::shared_ptr<store::connection> connection;
};

lookup_result look_up(store::connection& from, const lookup_command& x) {
  lookup_result out;
  out.token = x.token;
  try {
    if (auto row = from.find_command(x.key)) {
      out.found = true;
      out.entity = row->entity;
      out.seq = row->seq;
    }
  } catch (const std::exception& e) {
    spdlog::error("store reader: {}", e.what());
    out.unavailable = true;
  }
  return out;
}

load_result load(store::connection& from, const load_entity& x) {
  load_result out;
  out.token = x.token;
  out.entity.entity = x.entity;
  try {
    if (auto found = from.load(x.entity)) {
      out.found = true;
      out.entity = std::move(*found);
    }
    for (auto& c : x.claims)
      if (auto holder = from.holder_of(c))
        out.claims.push_back({c, *holder});
  } catch (const std::exception& e) {
    spdlog::error("store reader: {}", e.what());
    out.unavailable = true;
  }
  return out;
}

caf::behavior store_reader(caf::stateful_actor<reader_state>* self,
                           std::shared_ptr<store::connection> connection) {
  self->state.connection = std::move(connection);
  return {
    [self](const lookup_command& x) {
      return look_up(*self->state.connection, x);
    },
    [self](const load_entity& x) { return load(*self->state.connection, x); },
  };
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
  start->connections = std::move(connections);
  start->stats = std::move(stats);
  return spawn(system, config, std::move(start), detached);
}

caf::actor spawn_store_reader(caf::actor_system& system,
                              std::unique_ptr<store::connection> connection,
                              bool detached) {
  std::shared_ptr<store::connection> shared = std::move(connection);
  if (detached)
    return system.spawn<caf::detached>(store_reader, std::move(shared));
  return system.spawn(store_reader, std::move(shared));
}

} // namespace hansom
