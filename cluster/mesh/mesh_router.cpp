#include "cluster/mesh/mesh_router.hpp"

#include "actors/runtime/current_turn.hpp"
#include "actors/runtime/who_waits.hpp"
#include "actors/type_ids.hpp"

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace hansom {

namespace {

/// Mail that waits is tried again after so long, whether anything has been
/// heard or not.
constexpr milliseconds retry_every{500};

} // namespace

mesh_router::mesh_router(shard_map& map, const mesh_config& config,
                         client_port& local, peer_listener& heard)
  : map_{map}, config_{config}, local_{local}, heard_{heard} {
}

void mesh_router::attach(runtime& actors, mesh& links) {
  actors_ = &actors;
  links_ = &links;
}

// -- mail for other nodes -----------------------------------------------------

void mesh_router::route(entity_ref to, parcel what, bool fresh) {
  far_mail x;
  x.to = to;
  x.what = std::move(what);
  x.fresh = fresh;
  x.until = actors_->now() + config_.wait_max;
  x.forwarded = handing_over_[shard_of(to)].load(std::memory_order_relaxed);
  if (current_shard != no_shard) {
    x.from_shard = current_shard;
    x.from_epoch = actors_->epoch_of(current_shard);
    if (x.from_epoch == 0) { // The words of an owner that we are no more.
      ++counts_.stale;
      return send_back(std::move(x), drop_reason::no_route);
    }
  }
  go(std::move(x));
}

void mesh_router::go(far_mail x) {
  auto shard = shard_of(x.to);
  auto tries = rooms_.tries(shard);
  // Mail that waits for the same shard was said earlier.
  if (rooms_.is_empty(shard) && try_go(x))
    return;
  hold(std::move(x), tries);
}

/// @returns whether nothing is left to do for `x`.
bool mesh_router::try_go(far_mail& x) {
  auto owner = map_.owner_of(shard_of(x.to)).who;
  if (owner == 0)
    return false;
  if (owner == map_.self())
    return actors_->take(x.to, x.what, x.fresh, x.forwarded);
  switch (links_->send(owner, x)) {
  case mesh::sent::queued:
    ++counts_.routed;
    return true;
  case mesh::sent::no_link:
    return try_relay(x, owner);
  case mesh::sent::full:
    ++counts_.full;
    send_back(std::move(x), drop_reason::shard_full);
    return true;
  case mesh::sent::unknown_type:
    spdlog::error("{} does not travel between nodes: {}", to_string(x.to),
                  caf::to_string(x.what.what));
    send_back(std::move(x), drop_reason::unexpected_message);
    return true;
  }
  return false;
}

bool mesh_router::try_relay(far_mail& x, store::incarnation owner) {
  if (x.hops != 0) // It is on its way round already.
    return false;
  for (auto& peer : map_.peers()) {
    if (peer.who == owner || !links_->is_up(peer.who))
      continue;
    if (links_->send(peer.who, x) == mesh::sent::queued) {
      ++counts_.routed;
      return true;
    }
  }
  return false;
}

// -- mail that finds no way yet -----------------------------------------------

/// @param tries as `waiting_rooms::put_by` wants it.
void mesh_router::hold(far_mail x, std::uint64_t tries) {
  if (auto back = rooms_.put_by(std::move(x), tries))
    send_back(std::move(*back), drop_reason::shard_full);
}

/// @returns whether nothing is left to do for `x`.
bool mesh_router::try_waiting(far_mail& x) {
  if (actors_->now() < x.until)
    return try_go(x);
  ++counts_.expired;
  send_back(std::move(x), drop_reason::no_route);
  return true;
}

void mesh_router::sweep() {
  if (!actors_ || waiting() == 0)
    return;
  auto now = actors_->now();
  if (now.ms - swept_ms_.load() < retry_every.count())
    return;
  swept_ms_ = now.ms;
  for (shard_id i = 0; i < shard_count; ++i)
    rooms_.retry(i);
}

void mesh_router::send_back(far_mail x, drop_reason why) {
  if (why == drop_reason::no_route && x.tried)
    why = drop_reason::link_lost;
  actors_->give_back(x.to, x.what, why);
}

// -- what has changed ---------------------------------------------------------

void mesh_router::look_again() {
  if (!links_)
    return;
  auto wanted = map_.peers();
  for (auto& x : links_->peers()) {
    auto known = std::any_of(wanted.begin(), wanted.end(),
                             [&](auto& y) { return y.who == x.who; });
    // A younger one may have greeted us before we have heard of it.
    if (!known && x.where.port != 0)
      links_->forget(x.who);
  }
  for (auto& x : wanted)
    links_->meet(x.who, x.where);
  for (shard_id i = 0; i < shard_count; ++i) {
    guard_.admit(i, map_.owner_of(i).epoch);
    rooms_.retry(i);
  }
}

void mesh_router::learn(shard_id shard, shard_map::owner x) {
  if (x.epoch <= map_.owner_of(shard).epoch || !map_.learn(shard, x))
    return;
  guard_.admit(shard, x.epoch);
  heard_.owner_heard(shard, x.who, x.epoch);
  rooms_.retry(shard);
}

void mesh_router::fenced(shard_id shard, store::epoch under) {
  heard_.fenced(shard, under);
}

// -- mail of other nodes ------------------------------------------------------

std::optional<mesh_sink::refusal> mesh_router::mail(store::incarnation from,
                                                    far_mail x) {
  if (x.from_shard != no_shard && !guard_.admit(x.from_shard, x.from_epoch)) {
    ++counts_.stale;
    if (who_waits(x.what.what))
      send_back(std::move(x), drop_reason::no_route);
    return std::nullopt;
  }
  auto tries = rooms_.tries(shard_of(x.to));
  if (actors_->take(x.to, x.what, x.fresh, x.forwarded))
    return std::nullopt;
  auto owner = map_.owner_of(shard_of(x.to));
  if (owner.who == map_.self()) { // Ours in a moment.
    hold(std::move(x), tries);
    return std::nullopt;
  }
  if (owner.who != 0 && owner.who != from && ++x.hops < hops_max
      && links_->send(owner.who, x) == mesh::sent::queued) {
    ++counts_.relayed;
    return std::nullopt;
  }
  return refusal{mesh_nack::wrong_owner, owner};
}

void mesh_router::returned(store::incarnation by, far_mail x, refusal why) {
  ++counts_.nacked.at(static_cast<std::size_t>(why.why));
  if (why.why == mesh_nack::unknown_type) {
    spdlog::error("{} does not understand {}", by, caf::to_string(x.what.what));
    return send_back(std::move(x), drop_reason::unexpected_message);
  }
  if (why.why == mesh_nack::expired) {
    ++counts_.expired;
    return send_back(std::move(x), drop_reason::no_route);
  }
  // Its deadline stands, and its journey begins anew. Whatever became of it,
  // a command takes effect once.
  ++counts_.bounced;
  x.hops = 0;
  auto shard = shard_of(x.to);
  if (why.why == mesh_nack::wrong_owner && why.owner.who != 0)
    learn(shard, why.owner);
  auto tries = rooms_.tries(shard);
  if (map_.owner_of(shard).who == by)
    return hold(std::move(x), tries); // It says no; we know nobody better.
  go(std::move(x));
}

// -- clients' sessions --------------------------------------------------------

void mesh_router::far(far_frame x) {
  if (current_shard != no_shard && x.from_shard == no_shard) {
    x.from_shard = current_shard;
    x.from_epoch = actors_->epoch_of(current_shard);
  }
  auto to = x.frame.to.node;
  ++counts_.frames_out;
  auto sent = links_->send(to, x);
  if (sent == mesh::sent::no_link)
    for (auto& peer : map_.peers())
      if (peer.who != to && links_->is_up(peer.who)
          && (sent = links_->send(peer.who, x)) == mesh::sent::queued)
        break;
  if (sent == mesh::sent::queued)
    return;
  ++counts_.frames_lost;
  actors_->drops().count(drop_reason::session_gone);
}

void mesh_router::deliver(client_frame frame) {
  if (is_ours(frame.to.node))
    return local_.deliver(std::move(frame));
  far_frame x;
  x.frame = std::move(frame);
  far(std::move(x));
}

void mesh_router::attached(session_ref to, std::string state) {
  if (is_ours(to.node))
    return local_.attached(to, std::move(state));
  far_frame x;
  x.what = far_frame::act::attached;
  x.frame.to = to;
  x.frame.body = std::move(state);
  far(std::move(x));
}

void mesh_router::close(session_ref to, close_code why) {
  if (is_ours(to.node))
    return local_.close(to, why);
  far_frame x;
  x.what = far_frame::act::close;
  x.frame.to = to;
  x.why = why;
  far(std::move(x));
}

void mesh_router::follow(session_ref to, trip_id trip) {
  if (is_ours(to.node))
    return local_.follow(to, trip);
  far_frame x;
  x.what = far_frame::act::follow;
  x.frame.to = to;
  x.trip = trip;
  far(std::move(x));
}

void mesh_router::client(store::incarnation, far_frame x) {
  if (x.from_shard != no_shard && !guard_.admit(x.from_shard, x.from_epoch)) {
    ++counts_.stale;
    return;
  }
  auto to = x.frame.to;
  if (!is_ours(to.node)) {
    if (++x.hops < hops_max && links_->send(to.node, x) == mesh::sent::queued)
      ++counts_.relayed;
    else
      ++counts_.frames_lost;
    return;
  }
  switch (x.what) {
  case far_frame::act::deliver:
    return local_.deliver(std::move(x.frame));
  case far_frame::act::attached:
    return local_.attached(to, std::move(x.frame.body));
  case far_frame::act::close:
    return local_.close(to, x.why);
  case far_frame::act::follow:
    return local_.follow(to, x.trip);
  }
}

// -- links --------------------------------------------------------------------

void mesh_router::link_up(store::incarnation peer) {
  for (shard_id i = 0; i < shard_count; ++i)
    rooms_.retry(i);
  heard_.link_up(peer);
}

void mesh_router::link_down(store::incarnation peer, link_evidence why) {
  heard_.link_down(peer, why);
}

void mesh_router::not_reached(store::incarnation peer, link_evidence why) {
  heard_.not_reached(peer, why);
}

void mesh_router::control(store::incarnation from, std::string body) {
  heard_.control(from, std::move(body));
}

void mesh_router::owner_heard(shard_id shard, store::incarnation owner,
                              store::epoch epoch) {
  learn(shard, {owner, epoch});
}

} // namespace hansom
