#include "actors/runtime/runtime.hpp"

#include <caf/send.hpp>

#include <stdexcept>

namespace hansom {

std::size_t runtime::open_shard(shard_id shard, store::epoch epoch,
                                store::connection& from, bool receive) {
  if (!gates_.begin(shard, epoch))
    throw std::logic_error{"shard " + std::to_string(shard) + " is "
                           + to_string(gates_.phase_of(shard))
                           + " and cannot be opened"};
  std::size_t n = 0;
  try {
    n = recover(from, shard, shard + std::size_t{1});
  } catch (...) {
    close_shard(shard, epoch);
    throw;
  }
  if (receive)
    gates_.step(shard, shard_phase::loading, shard_phase::receiving);
  else
    let_in(shard, shard_phase::loading);
  return n;
}

void runtime::receive_done(shard_id shard) {
  let_in(shard, shard_phase::receiving);
}

void runtime::seal_shard(shard_id shard) {
  gates_.step(shard, shard_phase::open, shard_phase::sealed);
}

void runtime::suspend() {
  gates_.suspend();
}

void runtime::resume() {
  gates_.resume();
}

void runtime::unseal_shard(shard_id shard) {
  let_in(shard, shard_phase::sealed);
}

void runtime::let_in(shard_id shard, shard_phase from) {
  gates_.drain(shard, from, shard_phase::open, [&](held_mail& x) {
    if (epoch_of(shard) != 0)
      entities_.deliver(x.to, std::move(x.what), x.fresh);
    else // Fenced meanwhile.
      parts_.router->route(x.to, std::move(x.what), x.fresh);
  });
}

bool runtime::is_quiet(shard_id shard) const {
  // A turn asks the journal before it ends; so nothing was asked while we
  // looked if the count of questions has not moved.
  auto before = gates_.settled(shard);
  return before && !entities_.is_busy(shard) && gates_.settled(shard) == before;
}

bool runtime::close_shard(shard_id shard, store::epoch epoch) {
  if (!gates_.end(shard, epoch))
    return false;
  auto gone = entities_.take_shard(shard);
  for (auto& [who, x] : gone.residents)
    caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
  for (auto& [to, what] : gone.waiting)
    parts_.router->route(to, std::move(what), false);
  gates_.drain(shard, shard_phase::sealed, shard_phase::closed,
               [this](held_mail& x) {
                 parts_.router->route(x.to, std::move(x.what), x.fresh);
               });
  return true;
}

bool runtime::take(entity_ref to, parcel& what, bool fresh, bool forwarded) {
  auto shard = shard_of(to);
  while (!entities_.deliver_if_open(to, what, fresh)) {
    held_mail x{to, std::move(what), fresh, now() + shard_gates::held_for};
    switch (gates_.admit(shard, x, forwarded)) {
    case shard_gates::verdict::held:
      return true;
    case shard_gates::verdict::pass:
      entities_.deliver(to, std::move(x.what), fresh);
      return true;
    case shard_gates::verdict::full:
      give_back(to, x.what, drop_reason::shard_full);
      return true;
    case shard_gates::verdict::again:
      what = std::move(x.what);
      continue;
    case shard_gates::verdict::elsewhere:
      what = std::move(x.what);
      return false;
    }
  }
  return true;
}

} // namespace hansom
