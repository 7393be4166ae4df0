#pragma once

#include "actors/runtime/runtime.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace hansom {

/// How long an actor that is asked may take.
inline constexpr std::chrono::milliseconds answer_within{500};

/// Questions to actors themselves; everything else about them is read from
/// their probes, see survey.hpp. A node view.
class introspection {
public:
  explicit introspection(runtime& node) : node_{node} {
  }

  /// Asks the actor itself, urgently, for at most `answer_within`.
  /// @param done gets the actor's JSON, or an empty text when it did not
  ///        answer (it is busy: see its probe). Called on an actor thread.
  void describe_actor(entity_ref who, std::function<void(std::string)> done);

  /// Asks the cell of `cell` why a trip was matched as it was.
  void explain_trip(cell_id cell, trip_id trip,
                    std::function<void(std::string)> done);

private:
  runtime& node_;
};

} // namespace hansom
