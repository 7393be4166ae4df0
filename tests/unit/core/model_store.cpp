#include "tests/unit/core/model_store.hpp"

#include <algorithm>

namespace hansom::tests {

incarnation model_store::join(const std::string& name,
                              const std::string& address,
                              const std::string& version) {
  for (auto& [who, x] : nodes_)
    if (x.address == address && core::beats(x.status))
      x.status = node_status::dead;
  store::node_row row;
  row.self = ++last_;
  row.name = name;
  row.address = address;
  row.app_version = version;
  row.weight = 1;
  nodes_[last_] = row;
  ++version_;
  return last_;
}

bool model_store::activate(incarnation self) {
  return set_status(self, node_status::joining, node_status::active);
}

std::optional<store::beat> model_store::heartbeat(incarnation self) {
  auto& me = nodes_.at(self);
  if (!core::beats(me.status))
    return {};
  ++me.hb_seq;
  store::beat x;
  x.status = me.status;
  x.hb_seq = me.hb_seq;
  x.version = version_;
  for (auto& [who, row] : nodes_)
    if (core::beats(row.status))
      x.members.push_back({who, row.hb_seq});
  return x;
}

store::membership_view model_store::read_view() const {
  store::membership_view x;
  x.version = version_;
  for (auto& [who, row] : nodes_) {
    auto owns = std::ranges::any_of(
      shards_, [who = who](auto& s) { return s.at.owner == who; });
    if (core::beats(row.status) || owns)
      x.nodes.push_back(row);
  }
  x.shards = shards_;
  for (auto& [pair, said] : suspicions_)
    x.suspicions.push_back(said);
  for (auto& [pair, since] : cuts_)
    x.cuts.push_back({pair.first, pair.second, {since.count()}});
  return x;
}

std::size_t model_store::suspect(const store::suspicion& x) {
  suspicions_[{x.target, x.reporter}] = x;
  std::size_t n = 0;
  for (auto& [pair, said] : suspicions_)
    if (said.target == x.target && said.hb_seq == x.hb_seq
        && said.what != store::evidence::timeout
        && core::beats(nodes_.at(said.reporter).status))
      ++n;
  return n;
}

void model_store::trust(incarnation target, incarnation reporter) {
  suspicions_.erase({target, reporter});
}

void model_store::report_links(incarnation self,
                               const std::vector<incarnation>& to,
                               milliseconds now) {
  std::erase_if(cuts_, [&](auto& x) {
    return x.first.first == self
           && std::ranges::find(to, x.first.second) == to.end();
  });
  for (auto x : to)
    cuts_.try_emplace({self, x}, now);
}

void model_store::resolve(milliseconds now, milliseconds after) {
  auto active = [&](incarnation x) {
    return nodes_.at(x).status == node_status::active;
  };
  std::map<incarnation, std::set<incarnation>> cut;
  bool ripe = false;
  for (auto& [pair, since] : cuts_)
    if (active(pair.first) && active(pair.second)) {
      cut[pair.first].insert(pair.second);
      cut[pair.second].insert(pair.first);
      ripe = ripe || now - since >= after;
    }
  if (!ripe)
    return;
  incarnation victim = 0;
  for (auto& [who, others] : cut)
    if (victim == 0 || others.size() >= cut[victim].size())
      victim = who;
  set_status(victim, node_status::active, node_status::draining);
}

bool model_store::declare_dead(incarnation target, std::uint64_t hb_seq,
                               incarnation by) {
  auto& x = nodes_.at(target);
  if (!core::beats(x.status) || x.hb_seq != hb_seq
      || !core::is_owner(nodes_.at(by).status))
    return false;
  x.status = node_status::dead;
  ++version_;
  return true;
}

void model_store::own(store::placed_shard& x, incarnation who) {
  x.at.owner = who;
  ++x.at.now;
  history.push_back(x.at);
}

std::vector<store::shard_row>
model_store::claim(incarnation self,
                   const std::vector<store::shard_row>& seen) {
  std::vector<store::shard_row> won;
  if (nodes_.at(self).status != node_status::active)
    return won;
  for (auto& want : seen) {
    auto& x = shards_.at(want.shard);
    auto is_free =
      x.at.owner == 0 || !core::beats(nodes_.at(x.at.owner).status);
    if (x.at.now != want.now || x.at.owner != want.owner || !is_free)
      continue;
    own(x, self);
    won.push_back(x.at);
  }
  version_ += won.empty() ? 0 : 1;
  return won;
}

store::transfer_outcome model_store::transfer(const store::shard_row& ours,
                                              incarnation to) {
  auto& x = shards_.at(ours.shard);
  if (x.at.owner != ours.owner || x.at.now != ours.now)
    return store::transfer_outcome::fenced;
  if (nodes_.at(to).status != node_status::active)
    return store::transfer_outcome::target_gone;
  own(x, to);
  ++version_;
  return store::transfer_outcome::moved;
}

bool model_store::release(const store::shard_row& ours) {
  auto& x = shards_.at(ours.shard);
  if (x.at.owner != ours.owner || x.at.now != ours.now)
    return false;
  own(x, 0);
  ++version_;
  return true;
}

bool model_store::set_status(incarnation who, node_status from,
                             node_status to) {
  auto found = nodes_.find(who);
  if (found == nodes_.end() || found->second.status != from)
    return false;
  found->second.status = to;
  ++version_;
  return true;
}

bool model_store::pin(shard_id shard, const std::string& name) {
  shards_.at(shard).pin = name;
  ++version_;
  return true;
}

bool model_store::write(std::uint64_t command, shard_id shard,
                        store::epoch epoch) {
  auto& x = shards_.at(shard);
  if (x.at.now != epoch) {
    if (fenced_)
      return false;
    ++stale_accepted;
  }
  if (commands.insert(command).second)
    log.push_back({command, shard, epoch});
  return true;
}

} // namespace hansom::tests
