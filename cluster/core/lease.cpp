#include "cluster/core/lease.hpp"

#include <algorithm>

namespace hansom::core {

void lease::set_peers(const std::vector<incarnation>& peers) {
  std::erase_if(peers_, [&](auto& x) {
    return std::ranges::find(peers, x.first) == peers.end();
  });
  for (auto x : peers)
    peers_.try_emplace(x);
}

void lease::beaten(moment sent) {
  beaten_ = std::max(beaten_, sent);
  ever_ = true;
  broken_ = false;
  for (auto& [peer, told] : peers_)
    told.reset();
}

moment lease::base_of(incarnation peer) const {
  auto& told = peers_.at(peer);
  return told ? *told : beaten_;
}

void lease::told(incarnation peer, moment asked, bool healthy,
                 const std::vector<incarnation>& knows, incarnation self) {
  if (!broken_ || !ever_ || !peers_.contains(peer))
    return;
  for (auto x : knows)
    if (x != self)
      peers_.try_emplace(x);
  // A gap in the chain: it may have taken over in between, and lost its session
  // after that. Only a heartbeat tells then.
  if (!healthy && asked < base_of(peer) + (times_.self + times_.dead) / 2)
    peers_[peer] = std::max(base_of(peer), asked);
}

bool lease::holds(moment now) const {
  if (!ever_)
    return false;
  auto reaches = [&](moment base) {
    return base >= valid_from_ && now < base + times_.self;
  };
  if (reaches(beaten_))
    return true;
  // A node that knows of nobody else has nobody to fear.
  return broken_ && std::ranges::all_of(peers_, [&](auto& x) {
           return reaches(base_of(x.first));
         });
}

bool lease::in_outage(moment now) const {
  return broken_ && now >= beaten_ + times_.self && holds(now);
}

std::vector<incarnation> lease::to_ask() const {
  std::vector<incarnation> result;
  if (broken_ && ever_)
    for (auto& [peer, told] : peers_)
      result.push_back(peer);
  return result;
}

} // namespace hansom::core
