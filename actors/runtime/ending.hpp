#pragma once

#include "actors/runtime/probe.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hansom {

/// Waits until no actor of the system runs that is not hidden. Unlike CAF's
/// own wait, it comes to an end. To be called from outside the actors.
/// @returns `false` when some still run after `within`.
bool await_actors(caf::actor_system& system, milliseconds within);

/// The entities that have been asked to end. One thread.
class ending {
public:
  void add(entity_ref who, std::shared_ptr<probe> watch) {
    all_.emplace_back(who, std::move(watch));
  }

  /// @returns who has not ended, for people: how many of which kind, and what
  ///          one of them is at work on; "no entity" when all have.
  [[nodiscard]] std::string remaining() const;

private:
  std::vector<std::pair<entity_ref, std::shared_ptr<probe>>> all_;
};

} // namespace hansom
