#pragma once

#include "actors/interfaces.hpp"
#include "actors/runtime/runtime.hpp"

namespace hansom {

/// Spawns the actor of one driver. It builds itself at its first message.
/// @param with his shift, and the trips that claim him.
/// @param watch counts the actor's messages.
caf::actor spawn_driver(runtime& rt, entity_ref who, activation with,
                        std::shared_ptr<probe> watch);

} // namespace hansom
