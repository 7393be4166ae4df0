#pragma once

#include "actors/interfaces.hpp"
#include "actors/runtime/runtime.hpp"

namespace hansom {

/// Spawns the actor of one trip. It builds itself at its first message.
/// @param with what the store knows; empty for a trip that is just opened.
/// @param watch counts the actor's messages.
caf::actor spawn_trip(runtime& rt, entity_ref who, activation with,
                      std::shared_ptr<probe> watch);

} // namespace hansom
