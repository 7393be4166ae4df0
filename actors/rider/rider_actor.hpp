#pragma once

#include "actors/interfaces.hpp"
#include "actors/runtime/runtime.hpp"

namespace hansom {

/// Spawns the actor of one rider. It builds itself at its first message.
/// @param with the trip that claims the rider, if there is one.
/// @param watch counts the actor's messages.
caf::actor spawn_rider(runtime& rt, entity_ref who, activation with,
                       std::shared_ptr<probe> watch);

} // namespace hansom
