#include "actors/runtime/directory.hpp"

#include "actors/runtime/shard_gates.hpp"

#include <caf/send.hpp>

namespace hansom {

namespace {

void put(const resident& to, parcel& what) {
  if (what.priority == caf::message_priority::high)
    caf::anon_send<caf::message_priority::high>(to.actor, std::move(what.what));
  else
    caf::anon_send(to.actor, std::move(what.what));
}

/// Begins to fetch an object that is larger than a line of the cache; what a
/// walk wants is in its first 128 bytes.
void fetch(const void* x) noexcept {
  auto first = static_cast<const char*>(x);
  __builtin_prefetch(first);
  __builtin_prefetch(first + 64);
}

} // namespace

/// Does nothing when `who` could not be made.
void directory::part::settle(entry_map::value_type& x, resident who) {
  if (!who.actor)
    return;
  x.second.seat = static_cast<std::uint32_t>(seats.size());
  seats.push_back(&x);
  x.second.who = std::move(who);
}

/// @returns the one after.
directory::entry_map::iterator directory::part::erase(entry_map::iterator x) {
  auto seat = x->second.seat;
  if (seat < seats.size() && seats[seat] == &*x) {
    seats[seat] = seats.back();
    seats[seat]->second.seat = seat;
    seats.pop_back();
  }
  return entries.erase(x);
}

directory::directory(port owner, const shard_gates* gates)
  : owner_{std::move(owner)}, gates_{gates} {
}

directory::part& directory::part_of(entity_ref x) noexcept {
  return parts_[std::hash<entity_ref>{}(x) % parts_.size()];
}

const directory::part& directory::part_of(entity_ref x) const noexcept {
  return parts_[std::hash<entity_ref>{}(x) % parts_.size()];
}

void directory::deliver(entity_ref to, parcel what, bool fresh) {
  auto& p = part_of(to);
  deliver(p, std::unique_lock{p.mutex}, to, std::move(what), fresh);
}

bool directory::deliver_if_open(entity_ref to, parcel& what, bool fresh) {
  auto& p = part_of(to);
  std::unique_lock guard{p.mutex};
  if (gates_ && gates_->phase_of(shard_of(to)) != shard_phase::open)
    return false;
  deliver(p, std::move(guard), to, std::move(what), fresh);
  return true;
}

void directory::deliver(part& p, std::unique_lock<std::mutex> guard,
                        entity_ref to, parcel what, bool fresh) {
  if (closed_) {
    guard.unlock();
    return owner_.undeliverable(to, std::move(what),
                                drop_reason::node_stopping);
  }
  auto [found, inserted] = p.entries.try_emplace(to);
  auto& x = found->second;
  if (inserted && fresh)
    p.settle(*found, owner_.spawn_fresh(to));
  if (x.who.actor)
    return put(x.who, what);
  if (x.waiting.size() >= waiting_max) {
    guard.unlock(); // The owner may come back to us.
    return owner_.undeliverable(to, std::move(what),
                                drop_reason::directory_full);
  }
  x.waiting.push_back(std::move(what));
  if (x.loading)
    return;
  x.loading = true;
  guard.unlock();
  owner_.start_loading(to);
}

bool directory::remind(entity_ref to, parcel what) {
  auto& p = part_of(to);
  std::lock_guard guard{p.mutex};
  if (gates_ && gates_->phase_of(shard_of(to)) == shard_phase::sealed)
    return false;
  auto found = p.entries.find(to);
  if (found != p.entries.end() && found->second.who.actor)
    put(found->second.who, what);
  return true;
}

void directory::nudge(entity_ref to, parcel what) {
  auto& p = part_of(to);
  std::lock_guard guard{p.mutex};
  auto found = p.entries.find(to);
  if (found != p.entries.end() && found->second.who.actor)
    put(found->second.who, what);
}

bool directory::arrive(entity_ref to, resident who, std::uint64_t under) {
  auto& p = part_of(to);
  std::lock_guard guard{p.mutex};
  if (closed_)
    return false;
  if (gates_ && under != 0 && gates_->epoch_of(shard_of(to)) != under)
    return false;
  auto& place = *p.entries.try_emplace(to).first;
  auto& x = place.second;
  auto used = !x.who.actor;
  if (used)
    p.settle(place, std::move(who));
  x.loading = false;
  for (auto& what : x.waiting)
    put(x.who, what);
  x.waiting = {};
  return used;
}

void directory::abandon(entity_ref to, drop_reason why) {
  std::vector<parcel> waiting;
  {
    auto& p = part_of(to);
    std::lock_guard guard{p.mutex};
    auto found = p.entries.find(to);
    if (found == p.entries.end() || found->second.who.actor)
      return;
    waiting = std::move(found->second.waiting);
    p.entries.erase(found);
  }
  for (auto& what : waiting)
    owner_.undeliverable(to, std::move(what), why);
}

bool directory::retire(entity_ref who) {
  auto& p = part_of(who);
  std::lock_guard guard{p.mutex};
  auto found = p.entries.find(who);
  if (found == p.entries.end())
    return true;
  // The message being handled is not counted as handled yet.
  if (found->second.who.watch->depth() > 1)
    return false;
  p.erase(found);
  return true;
}

void directory::bury(entity_ref who, caf::actor_id dead) {
  resident last; // Let go of the actor after the lock.
  auto& p = part_of(who);
  std::lock_guard guard{p.mutex};
  auto found = p.entries.find(who);
  if (found == p.entries.end() || !found->second.who.actor
      || found->second.who.actor.id() != dead)
    return;
  last = std::move(found->second.who);
  p.erase(found);
}

directory::taken directory::take_shard(shard_id shard) {
  taken result;
  for (auto& p : parts_) {
    std::lock_guard guard{p.mutex};
    for (auto x = p.entries.begin(); x != p.entries.end();) {
      auto& [who, y] = *x;
      if (shard_of(who) != shard) {
        ++x;
        continue;
      }
      for (auto& what : y.waiting)
        result.waiting.emplace_back(who, std::move(what));
      if (y.who.actor)
        result.residents.emplace_back(who, std::move(y.who));
      x = p.erase(x);
    }
  }
  return result;
}

bool directory::is_busy(shard_id shard) const {
  for (auto& p : parts_) {
    std::lock_guard guard{p.mutex};
    for (auto& [who, x] : p.entries)
      if (shard_of(who) == shard
          && (x.loading || (x.who.watch && x.who.watch->depth() > 0)))
        return true;
  }
  return false;
}

std::size_t directory::size() const {
  std::size_t n = 0;
  for (auto& p : parts_) {
    std::lock_guard guard{p.mutex};
    n += p.entries.size();
  }
  return n;
}

std::shared_ptr<probe> directory::watch_of(entity_ref who) const {
  auto& p = part_of(who);
  std::lock_guard guard{p.mutex};
  auto found = p.entries.find(who);
  return found == p.entries.end() ? nullptr : found->second.who.watch;
}

caf::actor directory::find(entity_ref who) const {
  auto& p = part_of(who);
  std::lock_guard guard{p.mutex};
  auto found = p.entries.find(who);
  return found == p.entries.end() ? caf::actor{} : found->second.who.actor;
}

void directory::for_each(
  const std::function<void(entity_ref, const resident&)>& visit) const {
  // Far enough ahead that memory has answered, near enough to be there still.
  constexpr std::size_t ahead = 8;
  for (auto& p : parts_) {
    std::lock_guard guard{p.mutex};
    auto& all = p.seats;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i + 2 * ahead < all.size())
        fetch(all[i + 2 * ahead]);
      if (i + ahead < all.size())
        fetch(all[i + ahead]->second.who.watch.get());
      visit(all[i]->first, all[i]->second.who);
    }
  }
}

std::vector<std::pair<entity_ref, resident>> directory::close() {
  std::vector<std::pair<entity_ref, resident>> result;
  closed_ = true;
  for (auto& p : parts_) {
    std::lock_guard guard{p.mutex};
    for (auto& [who, x] : p.entries)
      if (x.who.actor)
        result.emplace_back(who, std::move(x.who));
    p.seats.clear();
    p.entries.clear();
  }
  return result;
}

} // namespace hansom
