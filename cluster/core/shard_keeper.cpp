#include "cluster/core/shard_keeper.hpp"

#include <algorithm>
#include <array>

namespace hansom::core {

shard_keeper::shard_keeper(incarnation self, const times& with,
                           std::size_t shards)
  : self_{self}, times_{with}, slots_(shards), desired_(shards) {
  for (std::size_t i = 0; i < shards; ++i)
    slots_[i].known.shard = static_cast<shard_id>(i);
}

// -- small things -------------------------------------------------------------

bool shard_keeper::is_ours(phase x) noexcept {
  switch (x) {
  case phase::away:
  case phase::incoming:
  case phase::forwarding:
  case phase::tombstone:
    return false;
  default:
    return true;
  }
}

std::string_view shard_keeper::phase_of(shard_id shard) const {
  static constexpr std::array<std::string_view, 15> names = {
    "away",       "incoming",  "loading",   "catching up", "open",
    "preparing",  "sealing",   "shipping",  "moving",      "moving?",
    "forwarding", "tombstone", "releasing", "giving",      "giving?"};
  return names[static_cast<std::size_t>(slots_[shard].what)];
}

std::size_t shard_keeper::count(phase from, phase to) const {
  return static_cast<std::size_t>(std::ranges::count_if(
    slots_, [=](auto& x) { return x.what >= from && x.what <= to; }));
}

std::size_t shard_keeper::owned() const {
  return static_cast<std::size_t>(
    std::ranges::count_if(slots_, [](auto& x) { return is_ours(x.what); }));
}

std::size_t shard_keeper::unfinished() const {
  return count(phase::forwarding, phase::forwarding);
}

store::epoch shard_keeper::serving(shard_id shard) const {
  auto& x = slots_[shard];
  switch (x.what) {
  case phase::catching_up:
  case phase::open:
  case phase::preparing:
    return x.held;
  default:
    return 0;
  }
}

store::shard_row shard_keeper::held_row(const slot& x) const {
  return {x.known.shard, x.held, self_};
}

void shard_keeper::enter(slot& x, phase next, moment now) {
  x.what = next;
  x.since = now;
}

void shard_keeper::tell(incarnation to, control_kind what, const slot& x,
                        effects& out, std::uint64_t number) {
  control m;
  m.kind = what;
  m.shard = x.known.shard;
  m.epoch = x.held;
  m.number = number;
  out.push_back(send{to, std::move(m)});
}

// -- what the store says ------------------------------------------------------

void shard_keeper::hear(slot& x, const store::shard_row& row,
                        const surroundings& at, effects& out) {
  auto is_news = row.now > x.known.now;
  if (is_news)
    x.known = row;
  reconcile(x, at, out);
  // What waits here for the new owner goes as one queue, not by itself.
  if (is_news && x.what != phase::forwarding)
    out.push_back(reroute{row.shard});
}

void shard_keeper::learn(const surroundings& at, effects& out) {
  needs_view_ = false;
  desired_ = desired_owners(*at.view);
  desired_.resize(slots_.size());
  for (auto& row : at.view->shards)
    if (row.at.shard < slots_.size())
      hear(slots_[row.at.shard], row.at, at, out);
  for (auto& x : slots_) {
    if (x.peer == 0 || is_owner(*at.view, x.peer))
      continue;
    // The other side of the move is gone.
    if (x.what >= phase::preparing && x.what <= phase::shipping)
      stay(x, at, out);
    else if (x.what == phase::incoming)
      lose(x, at, out);
    else if (x.what == phase::forwarding) {
      enter(x, phase::tombstone, at.now);
      out.push_back(reroute{x.known.shard});
    }
  }
}

/// Holds our part in a shard against the row that is known of it.
void shard_keeper::reconcile(slot& x, const surroundings& at, effects& out) {
  if (!is_ours(x.what)) {
    if (x.what == phase::forwarding && x.known.now > x.held + 1) {
      enter(x, phase::tombstone, at.now);
      out.push_back(reroute{x.known.shard});
    }
    if (x.known.owner == self_)
      take_over(x, x.what == phase::incoming ? x.peer : 0, at, out);
    return;
  }
  if (x.known.now == x.held) {
    // What is unknown is made known by asking for it again: the store does it
    // once.
    if (x.what == phase::unsure) {
      enter(x, phase::moving, at.now);
      out.push_back(transfer{held_row(x), x.peer});
    } else if (x.what == phase::giving_unsure) {
      enter(x, phase::giving, at.now);
      out.push_back(release{held_row(x)});
    }
    return;
  }
  auto moved = x.what == phase::moving || x.what == phase::unsure;
  auto given = x.what == phase::giving || x.what == phase::giving_unsure;
  if (moved && x.known.now == x.held + 1 && x.known.owner == x.peer)
    return handed_over(x, at, out);
  if (given && x.known.now == x.held + 1 && x.known.owner == 0)
    return gave_back(x, at, out);
  lose(x, at, out);
  if (x.known.owner == self_)
    take_over(x, 0, at, out);
}

/// Somebody else has it, or nobody: whatever we were doing with it is void.
void shard_keeper::lose(slot& x, const surroundings& at, effects& out) {
  out.push_back(
    close{x.known.shard, is_ours(x.what) ? "taken over" : "not to come", 0});
  enter(x, phase::away, at.now);
  x.held = 0;
  x.peer = 0;
  out.push_back(reroute{x.known.shard});
}

// -- taking over --------------------------------------------------------------

void shard_keeper::on(const claimed& x, const surroundings& at, effects& out) {
  claiming_ = false;
  if (x.what != change_result::done)
    needs_view_ = true;
  for (auto& row : x.won)
    if (row.shard < slots_.size())
      hear(slots_[row.shard], row, at, out);
  advance(at, out);
}

void shard_keeper::take_over(slot& x, incarnation from, const surroundings& at,
                             effects& out) {
  enter(x, phase::loading, at.now);
  x.held = x.known.now;
  x.peer = from;
  x.started = false;
  x.not_before = at.now;
  x.ended = from == 0;
  x.expected.reset();
  x.seen.clear();
  x.seen_count = 0;
  start_loads(at, out);
}

void shard_keeper::claim_orphans(const surroundings& at, effects& out) {
  if (!at.may_claim || claiming_)
    return;
  claim wanted;
  for (auto& x : slots_)
    if (desired_[x.known.shard] == self_ && !is_ours(x.what)
        && at.now >= x.not_before && !is_owner(*at.view, x.known.owner)) {
      wanted.seen.push_back(x.known);
      x.not_before = at.now + times_.retry;
    }
  if (wanted.seen.empty())
    return;
  claiming_ = true;
  out.push_back(std::move(wanted));
}

void shard_keeper::start_loads(const surroundings& at, effects& out) {
  auto busy = static_cast<std::size_t>(std::ranges::count_if(
    slots_, [](auto& x) { return x.what == phase::loading && x.started; }));
  for (auto& x : slots_) {
    if (busy >= loading_max)
      return;
    if (x.what != phase::loading || x.started || at.now < x.not_before)
      continue;
    x.started = true;
    ++busy;
    out.push_back(load{held_row(x), !x.ended});
  }
}

void shard_keeper::on(const loaded& m, const surroundings& at, effects& out) {
  auto& x = slots_.at(m.shard);
  if (x.what != phase::loading || m.epoch != x.held)
    return;
  if (!m.ok) {
    x.started = false;
    x.not_before = at.now + times_.retry;
    return;
  }
  out.push_back(open{held_row(x)});
  enter(x, phase::catching_up, at.now);
  if (x.ended)
    serve(x, at, out);
  else
    out.push_back(reroute{x.known.shard});
  start_loads(at, out);
}

void shard_keeper::serve(slot& x, const surroundings& at, effects& out) {
  enter(x, phase::open, at.now);
  x.ended = true;
  out.push_back(core::serve{held_row(x)});
  out.push_back(reroute{x.known.shard});
}

// -- the way of a command -----------------------------------------------------

route shard_keeper::where(shard_id shard, bool forwarded,
                          const membership_view& view) const {
  auto& x = slots_[shard];
  switch (x.what) {
  case phase::open:
  case phase::preparing:
    return {route::way::local, self_, x.held};
  case phase::catching_up:
    return {forwarded ? route::way::local : route::way::held, self_, x.held};
  case phase::away:
  case phase::incoming:
  case phase::forwarding:
  case phase::tombstone:
    break;
  default:
    return {route::way::held, self_, x.held};
  }
  auto to = x.known.owner;
  if (to == 0 || to == self_ || !is_owner(view, to))
    return {route::way::held, 0, x.known.now};
  return {x.what == phase::away ? route::way::elsewhere : route::way::node, to,
          x.known.now};
}

} // namespace hansom::core
