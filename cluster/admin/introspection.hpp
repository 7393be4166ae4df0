#pragma once

#include "actors/runtime/runtime.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hansom {

/// Which actors the console wants to see, and in which order.
struct actor_filter {
  std::optional<entity_kind> kind;
  std::string text;             ///< Part of the name; empty: all.
  std::string sort = "mailbox"; ///< mailbox, handled, age or name.
  std::size_t limit = 50;       ///< At most 1000.
};

/// One line of `hansom actor ls`.
struct actor_row {
  entity_ref who;
  std::uint64_t mailbox = 0;
  std::uint64_t handled = 0;
  std::uint64_t age_s = 0;
  std::string running;          ///< Message kind being handled now.
  std::uint64_t running_ms = 0; ///< Since when.
};

/// A node view, read from the probes without asking any actor: a stuck one
/// shows like any other. Costs tens of milliseconds at 200,000 actors; holds
/// no lock for longer than one part of the directory takes.
class introspection {
public:
  explicit introspection(runtime& node);

  /// @returns false, with a sentence in `why`, for an unknown sort order.
  bool list(const actor_filter& filter, std::vector<actor_row>& out,
            std::string& why) const;

  /// Totals per kind as a JSON array: [{"kind":"trip","actors":3,...}].
  [[nodiscard]] std::string totals() const;

  /// What is known without asking: JSON of the probe with the last messages.
  /// @returns an empty text when the entity is not in memory.
  [[nodiscard]] std::string probe_of(entity_ref who) const;

  /// Asks the actor itself, urgently, for at most 500 ms.
  /// @param done gets the actor's JSON, or an empty text when it did not
  ///        answer (it is busy: see its probe). Called on an actor thread.
  void describe_actor(entity_ref who, std::function<void(std::string)> done);

  /// Asks the cell of `cell` why a trip was matched as it was.
  void explain_trip(cell_id cell, trip_id trip,
                    std::function<void(std::string)> done);

  /// The name of a message type: "want_driver".
  [[nodiscard]] std::string message_name(std::uint16_t type) const;

private:
  runtime& node_;
};

} // namespace hansom
