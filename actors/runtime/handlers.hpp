#pragma once

#include "actors/messages.hpp"

namespace hansom {

/// A line of a behavior table: a command of a client, which the state takes by
/// `command(from, x)`; then the actor leaves if it may.
template <class Command, class Shell>
auto command(Shell* self) {
  return [self](const client_ref& from, const Command& x) {
    self->state.command(from, x);
    self->state.leave_if_done();
  };
}

/// The same for what other entities say, with a member function of the state.
template <class Message, class Shell, class Handler>
auto mail(Shell* self, Handler handler) {
  return [self, handler](const Message& x) {
    (self->state.*handler)(x);
    self->state.leave_if_done();
  };
}

/// The same for an answer of the store.
template <class Answer, class Shell>
auto answer(Shell* self) {
  return [self](const Answer& x) {
    self->state.gate.handle(x);
    self->state.leave_if_done();
  };
}

/// Operations ask the actor to leave memory when it can.
template <class Shell>
auto leave(Shell* self) {
  return [self](const passivate&) {
    self->state.put_away();
    self->state.leave_if_done();
  };
}

} // namespace hansom
