#include "persistence/journal_writer.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <spdlog/spdlog.h>

#include <chrono>

namespace hansom {

namespace {

struct reader_state {
  static inline const char* name = "store_reader";

  std::shared_ptr<store::connection> connection;
  caf::actor_clock::time_point log_at;
  std::uint64_t unlogged = 0; ///< Failures since the last line in the log.
};

using reader_actor = caf::stateful_actor<reader_state>;

/// Says it once in a while, not for each look-up of an outage.
void note_failure(reader_actor* self, const char* why) {
  auto& st = self->state;
  ++st.unlogged;
  auto now = self->clock().now();
  if (now < st.log_at)
    return;
  spdlog::error("store reader: {} look-up(s) failed: {}", st.unlogged, why);
  st.unlogged = 0;
  st.log_at = now + std::chrono::seconds{5};
}

lookup_result look_up(reader_actor* self, const lookup_command& x) {
  auto& from = *self->state.connection;
  lookup_result out;
  out.token = x.token;
  try {
    if (auto row = from.find_command(x.key)) {
      out.found = true;
      out.entity = row->entity;
      out.seq = row->seq;
    }
  } catch (const std::exception& e) {
    note_failure(self, e.what());
    out.unavailable = true;
  }
  return out;
}

load_result load(reader_actor* self, const load_entity& x) {
  auto& from = *self->state.connection;
  load_result out;
  out.token = x.token;
  out.entity.entity = x.entity;
  try {
    if (auto found = from.load(x.entity)) {
      out.found = true;
      out.entity = std::move(*found);
    }
    if (!x.claims.empty())
      out.claims = from.holders_of(x.claims);
  } catch (const std::exception& e) {
    note_failure(self, e.what());
    out.unavailable = true;
  }
  return out;
}

caf::behavior store_reader(reader_actor* self,
                           std::shared_ptr<store::connection> connection) {
  self->state.connection = std::move(connection);
  return {
    [self](const lookup_command& x) { return look_up(self, x); },
    [self](const load_entity& x) { return load(self, x); },
  };
}

} // namespace

caf::actor spawn_store_reader(caf::actor_system& system,
                              std::unique_ptr<store::connection> connection,
                              bool detached) {
  std::shared_ptr<store::connection> shared = std::move(connection);
  if (detached)
    return system.spawn<caf::detached>(store_reader, std::move(shared));
  return system.spawn(store_reader, std::move(shared));
}

} // namespace hansom
