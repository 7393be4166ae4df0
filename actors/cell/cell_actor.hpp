#pragma once

#include "actors/runtime/runtime.hpp"

#include <memory>

namespace hansom {

/// Makes a CELL: the drivers and the waiting requests of one S2 cell, and its
/// price. An `entity_factory`; built at its first message.
caf::actor spawn_cell(runtime& node, entity_ref who, activation with,
                      std::shared_ptr<probe> watch);

} // namespace hansom
