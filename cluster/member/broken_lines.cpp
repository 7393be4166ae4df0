#include "cluster/member/broken_lines.hpp"

namespace hansom {

void broken_lines::changed(store::incarnation peer, core::moment now) {
  peers_[peer] = {now, false};
}

std::vector<store::incarnation> broken_lines::due(core::moment now,
                                                  milliseconds later) {
  std::vector<store::incarnation> result;
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto& [peer, x] = *i;
    if (now < x.next) {
      ++i;
      continue;
    }
    result.push_back(peer);
    if (x.is_last) {
      i = peers_.erase(i);
    } else {
      x = {now + later, true};
      ++i;
    }
  }
  return result;
}

shard_set
shards_heard_over(store::incarnation peer, store::incarnation self,
                  const std::function<store::incarnation(shard_id)>& owner_of,
                  const std::function<bool(store::incarnation)>& is_up) {
  shard_set result;
  for (shard_id s = 0; s < shard_count; ++s) {
    auto who = owner_of(s);
    if (who != 0 && who != self && (who == peer || !is_up(who)))
      result.set(s);
  }
  return result;
}

} // namespace hansom
