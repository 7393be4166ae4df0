#include "cluster/core/placement.hpp"

#include <algorithm>
#include <charconv>

namespace hansom::core {

namespace {

/// More would make the shares no finer and the hashing slower.
constexpr std::uint32_t weight_max = 1000;

std::uint64_t take_number(std::string_view& text) {
  std::uint64_t x = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), x).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  auto dot = text.find('.');
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return x;
}

std::uint64_t hash_of(std::string_view name) noexcept {
  std::uint64_t x = 0xcbf29ce484222325ULL;
  for (auto c : name)
    x = (x ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix64(x);
}

/// One draw for each unit of weight: the chance to hold the highest is the
/// share of the weight, in integers, so that all machines agree.
std::uint64_t best_draw(std::uint64_t node, shard_id shard,
                        std::uint32_t weight) noexcept {
  std::uint64_t best = 0;
  for (std::uint32_t i = 0; i < std::min(weight, weight_max); ++i)
    best = std::max(best, mix64(node
                                ^ mix64((std::uint64_t{i} << 32) + shard
                                        + 0x9e3779b97f4a7c15ULL)));
  return best;
}

struct candidate {
  const node_row* row;
  std::uint64_t hash;
};

incarnation choose(const std::vector<candidate>& from, shard_id shard) {
  const candidate* best = nullptr;
  std::uint64_t best_score = 0;
  for (auto& x : from) {
    auto score = best_draw(x.hash, shard, x.row->weight);
    if (score == 0 || (best && score <= best_score))
      continue;
    best = &x;
    best_score = score;
  }
  return best ? best->row->self : 0;
}

incarnation place(const std::vector<candidate>& active,
                  const membership_view& in, const store::placed_shard& shard) {
  auto candidates = active;
  if (auto* owner = find_node(in, shard.at.owner)) {
    std::erase_if(candidates, [&](auto& x) {
      return compare_versions(x.row->app_version, owner->app_version) < 0;
    });
    if (candidates.empty()) // A rollback: there is no other choice.
      candidates = active;
  }
  for (auto& x : candidates)
    if (!shard.pin.empty() && x.row->name == shard.pin)
      return x.row->self;
  return choose(candidates, shard.at.shard);
}

} // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty())
    if (auto x = take_number(a) <=> take_number(b); x != 0)
      return x;
  return std::strong_ordering::equal;
}

const node_row* find_node(const membership_view& in, incarnation who) {
  auto found = std::ranges::find(in.nodes, who, &node_row::self);
  return found == in.nodes.end() ? nullptr : &*found;
}

bool beats(node_status x) noexcept {
  return x == node_status::joining || is_owner(x);
}

bool is_owner(node_status x) noexcept {
  return x == node_status::active || x == node_status::draining;
}

bool is_owner(const membership_view& in, incarnation who) {
  auto* row = find_node(in, who);
  return row && is_owner(row->status);
}

std::vector<incarnation> desired_owners(const membership_view& in) {
  std::vector<candidate> active;
  for (auto& x : in.nodes)
    if (x.status == node_status::active)
      active.push_back({&x, hash_of(x.name)});
  std::vector<incarnation> result;
  result.reserve(in.shards.size());
  for (auto& x : in.shards)
    result.push_back(place(active, in, x));
  return result;
}

} // namespace hansom::core
