#include "persistence/journal_writer.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <spdlog/spdlog.h>

namespace hansom {

namespace {

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

caf::actor spawn_store_reader(caf::actor_system& system,
                              std::unique_ptr<store::connection> connection,
                              bool detached) {
  std::shared_ptr<store::connection> shared = std::move(connection);
  if (detached)
    return system.spawn<caf::detached>(store_reader, std::move(shared));
  return system.spawn(store_reader, std::move(shared));
}

} // namespace hansom
