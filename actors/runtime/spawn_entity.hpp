#pragma once

#include "actors/runtime/runtime.hpp"
#include "actors/runtime/tracked.hpp"

namespace hansom {

/// What an entity actor is made of: a state with the logic, an interface.
template <class State, class Interface>
using entity_shell =
  tracked<caf::stateful_actor<State, typename Interface::base>>;

/// Spawns an entity that builds itself at its first message; `watch` counts
/// from that message on.
template <class Shell, class Behavior>
caf::actor spawn_entity(runtime& rt, Behavior make, entity_ref who,
                        activation with, std::shared_ptr<probe> watch) {
  auto made =
    rt.system().template spawn<caf::lazy_init>(make, &rt, who, std::move(with));
  auto result = caf::actor_cast<caf::actor>(made);
  // Nobody else has the handle yet, so nothing can have been enqueued.
  static_cast<Shell*>(caf::actor_cast<caf::abstract_actor*>(result))
    ->watch_with(std::move(watch));
  return result;
}

} // namespace hansom
