#include "cluster/core/death_watch.hpp"

#include <algorithm>

namespace hansom::core {

void death_watch::beaten(moment now,
                         const std::vector<store::member_beat>& members) {
  auto restart = good_in_a_row_ == 0;
  good_in_a_row_ = std::min(good_in_a_row_ + 1, 2);
  std::erase_if(members_, [&](auto& x) {
    return std::ranges::find(members, x.first, &store::member_beat::self)
           == members.end();
  });
  for (auto& x : members) {
    auto [at, fresh] = members_.try_emplace(x.self);
    auto& seen = at->second;
    if (!fresh && !restart && seen.hb_seq == x.hb_seq)
      continue;
    if (seen.hb_seq != x.hb_seq)
      seen.reporters = 0; // What was said concerned an older heartbeat.
    seen.hb_seq = x.hb_seq;
    seen.since = now;
  }
}

void death_watch::missed() {
  good_in_a_row_ = 0;
}

void death_watch::set_hard(incarnation peer, bool hard) {
  auto found = members_.find(peer);
  if (found == members_.end())
    return;
  found->second.hard = hard;
  if (!hard)
    found->second.reporters = 0;
}

void death_watch::set_reporters(incarnation peer, std::size_t count) {
  if (auto found = members_.find(peer); found != members_.end())
    found->second.reporters = count;
}

std::vector<death_watch::verdict>
death_watch::judge(moment now, incarnation self, std::size_t owners) const {
  std::vector<verdict> result;
  if (!healthy())
    return result;
  for (auto& [who, x] : members_) {
    if (who == self)
      continue;
    auto still = now - x.since;
    auto text = std::to_string(still.count()) + " ms without a heartbeat";
    std::size_t needed = owners <= 2 ? 1 : 2;
    if (still >= times_.dead)
      result.push_back({who, x.hb_seq, text});
    else if (still >= times_.fast && x.hard && x.reporters >= needed)
      result.push_back({who, x.hb_seq, text + ", its machine refuses"});
  }
  return result;
}

bool death_watch::is_silent(incarnation who, moment now,
                            milliseconds for_long) const {
  auto found = members_.find(who);
  return found == members_.end() || now - found->second.since >= for_long;
}

std::optional<std::uint64_t> death_watch::beat_of(incarnation who) const {
  auto found = members_.find(who);
  if (found == members_.end())
    return {};
  return found->second.hb_seq;
}

} // namespace hansom::core
