#pragma once

#include "actors/runtime/commit_gate.hpp"
#include "actors/runtime/deadlines.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace hansom {

/// What driver, rider and trip have in common: who they are, the way into the
/// journal, deadlines of their own, leaving memory. `Deadline` is an enum as
/// `deadlines` wants it.
template <class Deadline>
struct entity_state {
  commit_gate gate;

protected:
  void begin(caf::scheduled_actor* self, runtime* rt, entity_ref me) {
    self_ = self;
    rt_ = rt;
    me_ = me;
    gate.init(self, rt, me);
  }

  /// Takes in what the store knew; leaves `out` alone when that was nothing.
  /// @throws std::runtime_error when it cannot be read: the actor ends.
  template <class Record>
  void remember(const activation& with, Record& out) const {
    std::string why;
    if (with.state && !decode(with.state->state, out, why))
      throw std::runtime_error{"stored state of " + to_string(me_) + ": "
                               + why};
  }

  void set(Deadline what, timestamp due) {
    deadlines_.set(*rt_, me_, what, due);
  }

  /// An alarm has rung: handles each deadline that is reached.
  template <class Handler>
  void ring(Handler handle) {
    deadlines_.ring(*rt_, me_, std::move(handle));
  }

  /// Leaves memory after a while of having nothing to do.
  void rest_if(bool nothing_to_do) {
    if (nothing_to_do && !deadlines_.is_set(Deadline::idle))
      set(Deadline::idle, rt_->now() + rt_->config().entity_idle);
  }

  /// Appends for the console, as last fields: what waits, for how long.
  void describe_waiting(std::string& out) const {
    gate.describe(out);
    out += ",\"deadlines_ms\":";
    deadlines_.describe(out, rt_->now());
  }

  caf::scheduled_actor* self_ = nullptr;
  runtime* rt_ = nullptr;
  entity_ref me_;
  deadlines<Deadline> deadlines_;
  bool leaving_ = false; ///< As soon as nothing is left to do.
};

} // namespace hansom
