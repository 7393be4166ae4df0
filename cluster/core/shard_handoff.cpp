#include "cluster/core/shard_keeper.hpp"

#include <algorithm>

namespace hansom::core {

// -- the old owner ------------------------------------------------------------

void shard_keeper::depart(slot& x, const surroundings& at, effects& out) {
  auto to = desired_[x.known.shard];
  auto wanted = to != self_ && (to != 0 || at.draining);
  if (!wanted || at.now < x.not_before || !(at.may_move || at.draining))
    return;
  if (to == 0 || !is_owner(*at.view, to) || !at.reaches(to)) {
    // The store can still be reached, so nobody has to wait for our death.
    if (at.draining)
      give_back(x, at, out);
    return;
  }
  if (count(phase::preparing, phase::unsure) >= leaving_max)
    return;
  enter(x, phase::preparing, at.now);
  x.peer = to;
  x.ready = false;
  tell(to, control_kind::prepare, x, out);
}

/// The store does one transfer after the other, each with a flush: a shard that
/// is sealed before its turn has come only makes its clients wait.
void shard_keeper::seal_next(const surroundings& at, effects& out) {
  if (count(phase::sealing, phase::unsure) > 0)
    return;
  auto next = std::ranges::find_if(
    slots_, [](auto& x) { return x.what == phase::preparing && x.ready; });
  if (next == slots_.end())
    return;
  enter(*next, phase::sealing, at.now);
  out.push_back(seal{held_row(*next)});
}

/// The move does not take place.
void shard_keeper::stay(slot& x, const surroundings& at, effects& out) {
  auto was_sealed = x.what != phase::preparing;
  if (x.peer != 0)
    tell(x.peer, control_kind::abandon, x, out);
  enter(x, phase::open, at.now);
  x.peer = 0;
  x.not_before = at.now + times_.retry;
  if (!was_sealed)
    return;
  out.push_back(unseal{held_row(x)});
  out.push_back(reroute{x.known.shard});
}

void shard_keeper::hold_still(const surroundings& at, effects& out) {
  for (auto& x : slots_)
    if ((x.what >= phase::preparing && x.what <= phase::shipping)
        || x.what == phase::releasing)
      stay(x, at, out);
}

void shard_keeper::on(const sealed& m, const surroundings& at, effects& out) {
  auto& x = slots_.at(m.shard);
  if (m.epoch != x.held)
    return;
  if (x.what == phase::sealing) {
    enter(x, phase::shipping, at.now);
    out.push_back(ship_state{held_row(x), x.peer});
  } else if (x.what == phase::releasing) {
    enter(x, phase::giving, at.now);
    out.push_back(release{held_row(x)});
  }
}

void shard_keeper::on(const transferred& m, const surroundings& at,
                      effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what != phase::moving || m.epoch != x.held)
    return;
  if (m.what == change_result::done) {
    hear(x, {x.known.shard, x.held + 1, x.peer}, at, out);
  } else if (m.what == change_result::refused && m.target_gone) {
    stay(x, at, out);
  } else {
    enter(x, phase::unsure, at.now);
    needs_view_ = true;
  }
  seal_next(at, out);
}

/// From here on it is theirs; what waits here is still ours to bring.
void shard_keeper::handed_over(slot& x, const surroundings& at, effects& out) {
  out.push_back(close{x.known.shard, "moved", x.peer});
  enter(x, phase::forwarding, at.now);
  pass_on(x, at, out);
  control news;
  news.kind = control_kind::moved;
  news.shard = x.known.shard;
  news.epoch = x.known.now;
  news.node = x.known.owner;
  for (auto& node : at.view->nodes)
    if (beats(node.status) && node.self != self_ && node.self != x.peer)
      out.push_back(send{node.self, news});
}

void shard_keeper::pass_on(slot& x, const surroundings& at, effects& out) {
  x.not_before = at.now + 2 * times_.retry;
  tell(x.peer, control_kind::own, x, out);
  out.push_back(send_queue{x.known.shard, x.peer});
}

void shard_keeper::on(const queue_sent& m, const surroundings&, effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what == phase::forwarding)
    tell(x.peer, control_kind::end, x, out, m.count);
}

void shard_keeper::give_back(slot& x, const surroundings& at, effects& out) {
  x.peer = 0;
  if (at.give_up) {
    out.push_back(close{x.known.shard, "draining took too long", 0});
    enter(x, phase::giving, at.now);
    out.push_back(release{held_row(x)});
    return;
  }
  enter(x, phase::releasing, at.now);
  out.push_back(seal{held_row(x)});
}

void shard_keeper::on(const released& m, const surroundings& at, effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what != phase::giving || m.epoch != x.held)
    return;
  if (m.what == change_result::done)
    return hear(x, {x.known.shard, x.held + 1, 0}, at, out);
  enter(x, phase::giving_unsure, at.now);
  needs_view_ = true;
}

void shard_keeper::gave_back(slot& x, const surroundings& at, effects& out) {
  out.push_back(close{x.known.shard, "given back", 0});
  enter(x, phase::away, at.now);
  x.held = 0;
  x.not_before = at.now + times_.retry;
  out.push_back(reroute{x.known.shard});
}

// -- the new owner ------------------------------------------------------------

void shard_keeper::on_prepare(slot& x, const received& m,
                              const surroundings& at, effects& out) {
  auto again =
    x.what == phase::incoming && x.peer == m.from && x.held == m.what.epoch;
  auto fits = at.may_receive && !is_ours(x.what) && x.what != phase::forwarding
              && x.known.now <= m.what.epoch
              && (x.what == phase::incoming
                  || count(phase::incoming, phase::incoming) < arriving_max);
  if (!again && !fits) {
    control no = m.what;
    no.kind = control_kind::decline;
    out.push_back(send{m.from, no});
    return;
  }
  if (again && x.ready)
    tell(m.from, control_kind::ready, x, out);
  if (again)
    return;
  enter(x, phase::incoming, at.now);
  x.held = m.what.epoch;
  x.peer = m.from;
  x.ready = false;
  out.push_back(preload{{x.known.shard, m.what.epoch, m.from}});
}

void shard_keeper::on(const preloaded& m, const surroundings&, effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what != phase::incoming || m.epoch != x.held)
    return;
  x.ready = true;
  tell(x.peer, control_kind::ready, x, out);
}

void shard_keeper::on(const state_arrived& m, const surroundings&,
                      effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what == phase::incoming && m.epoch == x.held)
    tell(x.peer, control_kind::have_state, x, out);
}

void shard_keeper::on_own(slot& x, const received& m, const surroundings& at,
                          effects& out) {
  auto epoch = m.what.epoch + 1;
  if (epoch <= x.known.now)
    return; // Known, or out of date.
  if (x.what == phase::incoming)
    x.peer = m.from;
  hear(x, {x.known.shard, epoch, self_}, at, out);
  x.peer = m.from;
  x.ended = false;
}

void shard_keeper::on_end(slot& x, const received& m, const surroundings& at,
                          effects& out) {
  if (is_ours(x.what) && x.held == m.what.epoch + 1) {
    x.expected = m.what.number;
    return check_end(x, m.from, at, out);
  }
  if (x.known.now <= m.what.epoch + 1)
    return; // We have not heard of it; it will be said again.
  control news;
  news.kind = control_kind::moved;
  news.shard = x.known.shard;
  news.epoch = x.known.now;
  news.node = x.known.owner;
  out.push_back(send{m.from, news});
}

void shard_keeper::check_end(slot& x, incarnation from, const surroundings& at,
                             effects& out) {
  if (!x.expected || x.seen_count < *x.expected)
    return;
  control yes;
  yes.kind = control_kind::confirm;
  yes.shard = x.known.shard;
  yes.epoch = x.held - 1; // As the old owner knows it.
  out.push_back(send{from, yes});
  x.ended = true;
  if (x.what == phase::catching_up)
    serve(x, at, out);
}

forwarded_verdict shard_keeper::take_forwarded(shard_id shard,
                                               store::epoch epoch,
                                               std::uint64_t index,
                                               const surroundings& at,
                                               effects& out) {
  auto& x = slots_.at(shard);
  if (!is_ours(x.what) || x.held != epoch || index >= queue_max)
    return forwarded_verdict::misplaced;
  if (x.seen.size() <= index)
    x.seen.resize(index + 1);
  if (x.seen[index])
    return forwarded_verdict::duplicate;
  x.seen[index] = true;
  ++x.seen_count;
  if (x.what == phase::catching_up)
    check_end(x, x.peer, at, out);
  return forwarded_verdict::fresh;
}

// -- messages and time --------------------------------------------------------

void shard_keeper::on(const received& m, const surroundings& at, effects& out) {
  if (m.what.shard >= slots_.size())
    return;
  auto& x = slots_[m.what.shard];
  auto from_peer = m.from == x.peer && m.what.epoch == x.held;
  switch (m.what.kind) {
  case control_kind::prepare:
    return on_prepare(x, m, at, out);
  case control_kind::own:
    return on_own(x, m, at, out);
  case control_kind::end:
    return on_end(x, m, at, out);
  case control_kind::ready:
    if (from_peer && x.what == phase::preparing) {
      x.ready = true;
      seal_next(at, out);
    }
    return;
  case control_kind::decline:
    if (from_peer && x.what == phase::preparing)
      stay(x, at, out);
    return;
  case control_kind::abandon:
    if (from_peer && x.what == phase::incoming)
      lose(x, at, out);
    return;
  case control_kind::have_state:
    if (from_peer && x.what == phase::shipping) {
      enter(x, phase::moving, at.now);
      out.push_back(transfer{held_row(x), x.peer});
    }
    return;
  case control_kind::confirm:
    if (from_peer && x.what == phase::forwarding) {
      enter(x, phase::tombstone, at.now);
      out.push_back(forget_queue{x.known.shard});
    }
    return;
  case control_kind::moved:
  case control_kind::wrong_owner:
    return hear(x, {x.known.shard, m.what.epoch, m.what.node}, at, out);
  default:
    return;
  }
}

void shard_keeper::advance(const surroundings& at, effects& out) {
  claim_orphans(at, out);
  start_loads(at, out);
  for (auto& x : slots_)
    advance_one(x, at, out);
  seal_next(at, out);
}

void shard_keeper::advance_one(slot& x, const surroundings& at, effects& out) {
  auto lasted = at.now - x.since;
  if (at.give_up
      && (x.what == phase::open || x.what == phase::loading
          || x.what == phase::catching_up))
    return give_back(x, at, out);
  switch (x.what) {
  case phase::open:
    return depart(x, at, out);
  case phase::preparing:
    return lasted >= times_.prepare ? stay(x, at, out) : void();
  case phase::sealing:
  case phase::shipping:
  case phase::releasing:
    return lasted >= times_.seal ? stay(x, at, out) : void();
  case phase::catching_up:
    check_end(x, x.peer, at, out);
    if (x.what == phase::catching_up && lasted >= times_.hold)
      serve(x, at, out);
    return;
  case phase::forwarding:
    if (lasted >= times_.tombstone) {
      enter(x, phase::tombstone, at.now);
      out.push_back(reroute{x.known.shard});
    } else if (at.now >= x.not_before)
      pass_on(x, at, out);
    return;
  case phase::tombstone:
    if (lasted >= times_.tombstone)
      enter(x, phase::away, at.now);
    return;
  case phase::incoming:
    // Its word may have been lost, or ours: the store knows.
    if (lasted >= times_.prepare + 2 * times_.seal) {
      needs_view_ = true;
      lose(x, at, out);
    }
    return;
  default:
    return;
  }
}

} // namespace hansom::core
