#include "cluster/ops/ops_plan.hpp"

#include "cluster/core/placement.hpp"

#include <algorithm>

namespace hansom::ops {

using store::membership_view;
using store::node_row;
using store::node_status;

std::string to_string(node_order x) {
  switch (x) {
  case node_order::drain:
    return "drain";
  case node_order::undrain:
    return "undrain";
  case node_order::remove:
    return "remove";
  case node_order::down:
    return "down";
  }
  return "unknown";
}

bool parse_node_order(std::string_view text, node_order& out) {
  for (auto x : {node_order::drain, node_order::undrain, node_order::remove,
                 node_order::down})
    if (to_string(x) == text) {
      out = x;
      return true;
    }
  return false;
}

bool is_cluster(const membership_view& x) noexcept {
  return std::any_of(x.nodes.begin(), x.nodes.end(),
                     [](auto& n) { return store::is_member(n.status); });
}

const node_row* find_node(const membership_view& in, std::string_view name) {
  const node_row* gone = nullptr;
  for (auto& x : in.nodes) {
    if (x.name != name)
      continue;
    if (store::is_member(x.status))
      return &x;
    gone = &x;
  }
  return gone;
}

std::string name_of(const membership_view& in, store::incarnation who) {
  if (who == 0)
    return {};
  for (auto& x : in.nodes)
    if (x.self == who)
      return x.name;
  return '#' + std::to_string(who);
}

namespace {

std::size_t count_active(const membership_view& x) {
  return static_cast<std::size_t>(
    std::count_if(x.nodes.begin(), x.nodes.end(),
                  [](auto& n) { return n.status == node_status::active; }));
}

std::string reason_of(const membership_view& now, const store::placed_shard& x,
                      const node_row* owner) {
  if (!owner)
    return "nobody owns it";
  if (!store::is_member(owner->status))
    return "its owner is " + to_string(owner->status);
  if (owner->status == node_status::draining)
    return "its owner drains";
  if (auto* pinned = x.pin.empty() ? nullptr : find_node(now, x.pin);
      pinned && pinned->status == node_status::active)
    return "pinned there";
  return "its share";
}

plan refuse(plan out, plan::verdict what, std::string why) {
  out.what = what;
  out.why = std::move(why);
  return out;
}

/// Where the shards of `who` would go once it has the status `to`.
void add_moves(plan& out, membership_view after) {
  for (auto& x : after.nodes)
    if (x.self == out.who)
      x.status = out.to;
  auto wanted = core::desired_owners(after);
  for (auto& x : after.shards) {
    if (x.at.owner != out.who)
      continue;
    auto to = wanted.at(x.at.shard);
    if (to == 0 || to == out.who)
      out.homeless.push_back(x.at.shard);
    else
      out.moves.push_back({x.at.shard, name_of(after, out.who),
                           name_of(after, to),
                           "it would go to " + name_of(after, to)});
  }
}

plan plan_drain(const membership_view& now, const node_row& node, plan out) {
  if (node.status == node_status::draining)
    return refuse(std::move(out), plan::verdict::nothing,
                  node.name + " is draining already");
  if (node.status != node_status::active)
    return refuse(std::move(out), plan::verdict::refused,
                  node.name + " is " + to_string(node.status)
                    + "; only an active node can be drained");
  out.to = node_status::draining;
  if (count_active(now) == 1)
    out.confirm =
      node.name + " is the only active node: without it nobody is served";
  add_moves(out, now);
  return out;
}

plan plan_undrain(const node_row& node, plan out) {
  if (node.status == node_status::active)
    return refuse(std::move(out), plan::verdict::nothing,
                  node.name + " is active");
  if (node.status != node_status::draining)
    return refuse(std::move(out), plan::verdict::refused,
                  node.name + " is " + to_string(node.status)
                    + "; only a draining node can be undrained");
  out.to = node_status::active;
  return out;
}

plan plan_down(const membership_view& now, const node_row& node, plan out) {
  if (!store::is_member(node.status))
    return refuse(std::move(out), plan::verdict::nothing,
                  node.name + " is " + to_string(node.status) + " already");
  out.to = node_status::dead;
  auto silent = (now.now.ms - node.beat_at.ms) / 1000;
  out.confirm = node.name
                + (silent < 3 ? " beats and may be serving: its process will "
                                "end, and what it did not save is lost"
                              : " has been silent for " + std::to_string(silent)
                                  + " s: its shards will be taken over");
  add_moves(out, now);
  return out;
}

} // namespace

plan plan_node_order(const membership_view& now, node_order what,
                     const std::string& name) {
  plan out;
  if (what == node_order::remove)
    for (auto& x : now.shards)
      if (x.pin == name)
        out.unpin.push_back(x.at.shard);
  auto* node = find_node(now, name);
  auto gone = !node || !store::is_member(node->status);
  if (what == node_order::remove && gone) {
    out.from = out.to = node_status::left; // Only its pins are left.
    if (!out.unpin.empty())
      return out;
    if (node)
      return refuse(std::move(out), plan::verdict::nothing,
                    name + " is " + to_string(node->status)
                      + " already, and nothing is pinned to it");
    return refuse(std::move(out), plan::verdict::no_such,
                  "no node " + name + "; hansom node ls shows those that are");
  }
  if (!node)
    return refuse(std::move(out), plan::verdict::no_such,
                  "no node " + name + "; hansom node ls shows those that are");
  out.who = node->self;
  out.from = node->status;
  switch (what) {
  case node_order::undrain:
    return plan_undrain(*node, std::move(out));
  case node_order::down:
    return plan_down(now, *node, std::move(out));
  default:
    return plan_drain(now, *node, std::move(out));
  }
}

std::vector<shard_move> plan_moves(const membership_view& now) {
  auto wanted = core::desired_owners(now);
  std::vector<shard_move> out;
  for (auto& x : now.shards) {
    auto to = wanted.at(x.at.shard);
    if (to == x.at.owner || to == 0)
      continue;
    out.push_back({x.at.shard, name_of(now, x.at.owner), name_of(now, to),
                   reason_of(now, x, core::find_node(now, x.at.owner))});
  }
  return out;
}

std::vector<shard_move> plan_addition(membership_view now,
                                      const std::string& name) {
  node_row more;
  for (auto& x : now.nodes) {
    if (x.status == node_status::active) // Like the youngest of them.
      more = x;
    more.self = std::max(more.self, x.self);
  }
  ++more.self;
  more.name = name;
  more.status = node_status::active;
  now.nodes.push_back(more);
  auto moves = plan_moves(now);
  std::erase_if(moves, [&](auto& x) { return x.to != name; });
  return moves;
}

} // namespace hansom::ops
