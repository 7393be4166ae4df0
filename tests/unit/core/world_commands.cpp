#include "tests/unit/core/world_impl.hpp"

namespace hansom::tests {

namespace {

constexpr milliseconds give_up_after{5000};
constexpr milliseconds ask_again_after{1000};
constexpr std::size_t hops_max = 3;

} // namespace

// -- clients ------------------------------------------------------------------

void world::client_asks() {
  schedule(milliseconds{setup_.calm ? 20 : 100}, [this] { client_asks(); });
  auto i = random(machines_.size());
  auto& m = machines_[i];
  if (!clients_ || !m.runs || m.paused_until > now_ || m.runs->brain.suspended()
      || m.runs->brain.status() != node_status::active
      || store_.status_of(m.who) != node_status::active)
    return;
  command x;
  x.id = ++last_command_;
  x.shard = static_cast<shard_id>(random(setup_.shards));
  x.origin = i;
  x.gateway = m.who;
  ++counts.asked;
  pending_[x.id] = {x, now_};
  place(i, x, false);
  if (setup_.calm)
    return;
  // The gateway asks again, until it has to say that it does not know.
  for (auto t = ask_again_after; t < give_up_after; t += ask_again_after)
    schedule(t, [this, x] {
      if (pending_.contains(x.id))
        to_process(x.origin, x.gateway, [this, x] {
          if (pending_.contains(x.id))
            place(x.origin, x, false);
        });
    });
  schedule(give_up_after, [this, x] {
    if (pending_.erase(x.id) > 0)
      ++counts.unknown;
  });
}

void world::answer(std::size_t i, const command& x) {
  auto done = [this, x] {
    auto found = pending_.find(x.id);
    if (found == pending_.end() || found->second.what.gateway != x.gateway)
      return;
    if (!store_.commands.contains(x.id))
      violate("command " + std::to_string(x.id)
              + " is acknowledged and not in the store");
    ++counts.acknowledged;
    slowest = std::max(slowest, now_ - found->second.since);
    pending_.erase(found);
  };
  if (machines_[i].who == x.gateway)
    return done();
  transmit(i, find(x.gateway), done);
}

void world::refuse(std::size_t i, const command& x) {
  auto done = [this, x] {
    if (pending_.erase(x.id) > 0)
      ++counts.refused;
  };
  if (machines_[i].who == x.gateway)
    return done();
  transmit(i, find(x.gateway), done);
}

// -- the way of a command -----------------------------------------------------

void world::place(std::size_t i, const command& x, bool forwarded) {
  auto& brain = machines_[i].runs->brain;
  auto to = brain.where(x.shard, forwarded);
  using way = core::route::way;
  if (to.what == way::local)
    return execute(i, x, to.epoch);
  if (to.what == way::held)
    return hold(i, x, forwarded);
  if (x.hops >= hops_max)
    return refuse(i, x);
  auto target = to.node;
  if (!brain.links().is_up(target))
    target = brain.relay_to(target);
  if (target == 0)
    return hold(i, x, forwarded);
  auto next = x;
  ++next.hops;
  auto j = find(target);
  transmit(i, j, [this, j, next] { place(j, next, false); });
  if (to.what == way::elsewhere && x.gateway != machines_[i].who) {
    core::control news;
    news.kind = core::control_kind::wrong_owner;
    news.shard = x.shard;
    news.epoch = to.epoch;
    news.node = to.node;
    carry_out(i, {core::send{x.gateway, news}});
  }
}

void world::hold(std::size_t i, const command& x, bool forwarded) {
  auto& p = *machines_[i].runs;
  auto token = ++p.last_token;
  if (!p.waiting[x.shard].hold(token, machines_[i].clock(now_)))
    return refuse(i, x);
  p.held[token] = {x, forwarded};
}

void world::flush(std::size_t i, shard_id shard) {
  auto& p = *machines_[i].runs;
  std::vector<held_command> all;
  auto take = [&](std::uint64_t token) {
    auto found = p.held.find(token);
    if (found == p.held.end())
      return;
    all.push_back(found->second);
    p.held.erase(found);
  };
  if (auto kept = p.passed_on.find(shard); kept != p.passed_on.end()) {
    for (auto token : kept->second)
      take(token);
    p.passed_on.erase(kept);
  }
  for (auto token : p.waiting[shard].take())
    take(token);
  for (auto& x : all)
    place(i, x.what, x.forwarded);
}

void world::expire(std::size_t i) {
  auto& p = *machines_[i].runs;
  for (auto& [shard, room] : p.waiting) {
    if (room.empty())
      continue;
    for (auto token : room.expire(machines_[i].clock(now_))) {
      auto x = p.held.at(token);
      p.held.erase(token);
      refuse(i, x.what);
    }
    // Links come and go without the owner changing.
    auto to = p.brain.where(shard).what;
    if (to != core::route::way::held)
      flush(i, shard);
  }
}

void world::execute(std::size_t i, const command& x, store::epoch epoch) {
  auto& p = *machines_[i].runs;
  ++p.running[x.shard];
  ask_store(
    i, [this, x, epoch] { return store_.write(x.id, x.shard, epoch); },
    [this, i, x](std::optional<bool> ok) {
      auto& q = *machines_[i].runs;
      if (ok.value_or(false))
        answer(i, x);
      else {
        // Fenced, or unknown: held until it is known where it belongs.
        hold(i, x, false);
        if (ok)
          carry_out(i, {core::read_view{}});
      }
      if (--q.running[x.shard] == 0)
        if (auto found = q.sealing.find(x.shard); found != q.sealing.end()) {
          core::sealed done{x.shard, found->second};
          q.sealing.erase(found);
          feed(i, done);
        }
    });
}

// -- what is not durable ------------------------------------------------------

void world::show_outputs(std::size_t i) {
  auto& m = machines_[i];
  auto& brain = m.runs->brain;
  for (std::size_t n = 0; n < setup_.shards; ++n) {
    auto s = static_cast<shard_id>(n);
    auto epoch = brain.shards().serving(s);
    if (epoch == 0 || !brain.may_show(m.clock(now_)))
      continue;
    ++counts.outputs;
    auto [by, fresh] = served_by_.try_emplace({s, epoch}, m.who);
    if (by->second != m.who)
      violate("two owners of shard " + std::to_string(s) + " in epoch "
              + std::to_string(epoch));
    if (store_.shard(s).now != epoch)
      violate("n" + std::to_string(i) + " shows shard " + std::to_string(s)
              + " at epoch " + std::to_string(epoch) + ", which is at "
              + std::to_string(store_.shard(s).now)
              + (brain.in_outage(m.clock(now_)) ? " (outage)" : ""));
    if (random(4) != 0)
      continue;
    auto j = random(machines_.size());
    transmit(i, j, [this, j, s, epoch] {
      auto& p = *machines_[j].runs;
      if (!p.guard.admit(s, epoch)) {
        ++counts.dropped_outputs;
        return;
      }
      auto& highest = p.highest[s];
      if (epoch < highest)
        violate("an output of a lower epoch has passed");
      highest = epoch;
    });
  }
}

} // namespace hansom::tests
