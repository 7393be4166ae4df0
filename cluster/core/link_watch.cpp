#include "cluster/core/link_watch.hpp"

#include <algorithm>

namespace hansom::core {

void link_watch::set_peers(const std::vector<incarnation>& peers, moment now) {
  std::erase_if(links_, [&](auto& x) {
    return std::ranges::find(peers, x.first) == peers.end();
  });
  for (auto x : peers) {
    auto [at, fresh] = links_.try_emplace(x);
    if (fresh)
      at->second.down_since = now;
  }
}

bool link_watch::is_up(incarnation peer) const {
  auto found = links_.find(peer);
  return found != links_.end() && found->second.up;
}

void link_watch::on(const link_changed& x, moment now, death_watch& watch,
                    effects& out) {
  auto found = links_.find(x.peer);
  if (found == links_.end()) {
    if (!x.up)
      return;
    found = links_.try_emplace(x.peer).first;
  }
  auto& it = found->second;
  if (x.up) {
    if (it.suspected)
      out.push_back(trust{x.peer});
    watch.set_hard(x.peer, false);
    it = {.up = true};
    return;
  }
  if (it.up || it.down_since == moment{0})
    it.down_since = now;
  it.up = false;
  it.reset = x.reset;
  it.next_probe = now + times_.retry;
  out.push_back(probe{x.peer});
}

void link_watch::on(const probed& x, death_watch& watch, effects& out) {
  auto found = links_.find(x.peer);
  auto beat = watch.beat_of(x.peer);
  if (found == links_.end() || found->second.up || !beat)
    return;
  auto& it = found->second;
  auto what = x.failure.value_or(store::evidence::timeout);
  // A silent machine may be slow; one that refuses runs, without our peer.
  auto hard = it.reset && what == store::evidence::refused;
  watch.set_hard(x.peer, hard);
  if (!watch.healthy())
    return; // The store does not hear us: nothing may pile up before it.
  it.suspected = true;
  out.push_back(
    suspect{{x.peer, self_, *beat, hard ? what : store::evidence::timeout}});
}

std::vector<incarnation> link_watch::cut_off(moment now,
                                             const death_watch& watch) const {
  std::vector<incarnation> result;
  for (auto& [peer, x] : links_)
    if (!x.up && now - x.down_since >= 2 * times_.heartbeat
        && !watch.is_silent(peer, now, 2 * times_.heartbeat + times_.fast))
      result.push_back(peer);
  return result;
}

void link_watch::advance(moment now, const death_watch& watch, effects& out) {
  for (auto& [peer, x] : links_)
    if (!x.up && now >= x.next_probe) {
      // Each answer counts the witnesses again.
      x.next_probe = now + (x.reset ? times_.retry : times_.heartbeat);
      out.push_back(probe{peer});
    }
  if (!watch.healthy())
    return;
  auto cut = cut_off(now, watch);
  if (cut != reported_) {
    if (reported_.empty())
      cut_since_ = now;
    reported_ = cut;
    out.push_back(report_links{std::move(cut)});
  }
  if (!reported_.empty() && now - cut_since_ >= times_.cut
      && now >= next_resolve_) {
    next_resolve_ = now + 2 * times_.heartbeat;
    out.push_back(resolve_cut{});
  }
}

} // namespace hansom::core
