#include "cluster/ops/ops_json.hpp"

#include "cluster/core/placement.hpp"

#include <nlohmann/json.hpp>

namespace hansom::ops {

using document = nlohmann::json;

namespace {

document to_json(const std::vector<shard_move>& moves) {
  auto out = document::array();
  for (auto& x : moves)
    out.push_back(
      {{"shard", x.shard}, {"from", x.from}, {"to", x.to}, {"why", x.why}});
  return out;
}

document to_json(const store::membership_view& in, const store::node_row& x,
                 const std::vector<store::incarnation>& wanted) {
  std::size_t owned = 0;
  std::size_t share = 0;
  std::size_t pins = 0;
  for (auto& s : in.shards) {
    owned += s.at.owner == x.self ? 1 : 0;
    share += wanted.at(s.at.shard) == x.self ? 1 : 0;
    pins += s.pin == x.name ? 1 : 0;
  }
  auto suspected = document::array();
  for (auto& s : in.suspicions)
    if (s.target == x.self)
      suspected.push_back({{"by", name_of(in, s.reporter)},
                           {"evidence", store::to_string(s.what)}});
  auto cut = document::array();
  for (auto& c : in.cuts)
    if (c.from == x.self)
      cut.push_back(name_of(in, c.to));
  return {{"name", x.name},
          {"incarnation", x.self},
          {"status", store::to_string(x.status)},
          {"shards", owned},
          {"share", share},
          {"pins", pins},
          {"weight", x.weight},
          {"beat_ago_ms", in.now.ms - x.beat_at.ms},
          {"since", x.since.ms},
          {"version", x.app_version},
          {"protocol_min", x.protocol_min},
          {"protocol_max", x.protocol_max},
          {"address", x.address},
          {"url", x.url},
          {"suspected", std::move(suspected)},
          {"cannot_reach", std::move(cut)}};
}

} // namespace

http_response json_answer(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

std::string nodes_json(const store::membership_view& x) {
  auto wanted = core::desired_owners(x);
  auto nodes = document::array();
  for (auto& n : x.nodes)
    nodes.push_back(to_json(x, n, wanted));
  return document{{"version", x.version}, {"nodes", std::move(nodes)}}.dump();
}

std::string node_json(const store::membership_view& x,
                      const std::string& name) {
  auto* node = find_node(x, name);
  return node ? to_json(x, *node, core::desired_owners(x)).dump()
              : std::string{};
}

std::string shards_json(const store::membership_view& x) {
  auto wanted = core::desired_owners(x);
  auto out = document::array();
  for (auto& s : x.shards)
    out.push_back({{"shard", s.at.shard},
                   {"owner", name_of(x, s.at.owner)},
                   {"wanted", name_of(x, wanted.at(s.at.shard))},
                   {"epoch", s.at.now},
                   {"pin", s.pin}});
  return document{{"version", x.version}, {"shards", std::move(out)}}.dump();
}

std::string rebalance_json(const store::membership_view& x) {
  std::size_t nobody = 0;
  for (auto& s : x.shards)
    nobody += core::is_owner(x, s.at.owner) ? 0 : 1;
  return document{{"paused", x.rebalance_paused},
                  {"shards", x.shards.size()},
                  {"nobody", nobody},
                  {"moves", to_json(plan_moves(x))}}
    .dump();
}

std::string events_json(const std::vector<store::cluster_event>& x,
                        std::uint64_t after) {
  auto out = document::array();
  for (auto& e : x) {
    after = e.pos;
    out.push_back({{"pos", e.pos},
                   {"at", e.at.ms},
                   {"kind", e.kind},
                   {"by", e.by},
                   {"subject", e.subject},
                   {"reason", e.reason},
                   {"incarnation", e.node},
                   {"version", e.version}});
  }
  return document{{"events", std::move(out)}, {"last", after}}.dump();
}

std::string plan_json(const plan& x, node_order what, const std::string& name,
                      bool dry_run) {
  auto blocked = document::array();
  for (auto shard : x.homeless)
    blocked.push_back({{"shard", shard},
                       {"why", "no other active node may have it"},
                       {"try", "hansom node add, or hansom shard unpin "
                                 + std::to_string(shard)}});
  return document{{"node", name},
                  {"order", to_string(what)},
                  {"dry_run", dry_run},
                  {"changed", !dry_run && x.what == plan::verdict::go},
                  {"already", x.what == plan::verdict::nothing},
                  {"why", x.why},
                  {"confirm", x.confirm},
                  {"from", store::to_string(x.from)},
                  {"to", store::to_string(x.to)},
                  {"moves", to_json(x.moves)},
                  {"blocked", std::move(blocked)},
                  {"unpin", x.unpin}}
    .dump();
}

std::string moves_json(const std::vector<shard_move>& x) {
  return document{{"moves", to_json(x)}}.dump();
}

} // namespace hansom::ops
