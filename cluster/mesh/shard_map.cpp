#include "cluster/mesh/shard_map.hpp"

namespace hansom {

shard_map::owner shard_map::owner_of(shard_id shard) const {
  auto& x = owners_[shard];
  std::lock_guard guard{x.mutex};
  return x.now;
}

bool shard_map::learn(shard_id shard, owner x) {
  auto& y = owners_[shard];
  std::lock_guard guard{y.mutex};
  if (x.epoch < y.now.epoch || (x.epoch == y.now.epoch && x.who == y.now.who))
    return false;
  y.now = x;
  return true;
}

void shard_map::set_peers(std::vector<peer> all) {
  std::lock_guard guard{mutex_};
  peers_.clear();
  for (auto& x : all)
    if (x.who != self_)
      peers_[x.who] = std::move(x.where);
}

std::vector<shard_map::peer> shard_map::peers() const {
  std::lock_guard guard{mutex_};
  std::vector<peer> result;
  result.reserve(peers_.size());
  for (auto& [who, where] : peers_)
    result.push_back({who, where});
  return result;
}

std::optional<peer_address>
shard_map::address_of(store::incarnation who) const {
  std::lock_guard guard{mutex_};
  auto found = peers_.find(who);
  if (found == peers_.end())
    return std::nullopt;
  return found->second;
}

} // namespace hansom
