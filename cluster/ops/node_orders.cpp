#include "cluster/ops/node_orders.hpp"

#include "cluster/admin/order_body.hpp"
#include "cluster/ops/ops_json.hpp"

#include <charconv>

namespace hansom::ops {

/// The body of every order.
struct order_body {
  caf::optional<std::string> reason;
  caf::optional<std::string> confirm;
  caf::optional<std::string> node;
  caf::optional<bool> dry_run;
};
HANSOM_RECORD(order_body, reason, confirm, node, dry_run)

namespace {

constexpr std::size_t reason_max = 200;
constexpr std::size_t name_max = 64;

struct order {
  std::string target; ///< What stands in the path,
  std::string verb;   ///< and behind it.
  std::string reason;
  std::string confirm;
  std::string node;
  bool dry_run = false;
  std::string by;
};

/// @returns what is wrong, or an empty text.
std::string read(const http_request& request, std::string_view prefix,
                 bool has_target, order& out) {
  auto rest = std::string_view{request.path}.substr(prefix.size());
  if (has_target) {
    auto slash = rest.rfind('/');
    if (slash == std::string_view::npos || slash == 0)
      return "expected " + std::string{prefix} + "WHICH/ORDER";
    out.target = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
  }
  out.verb = rest;
  order_body body;
  if (auto wrong =
        read_optional_body(request, body, R"({"reason":"...","dry_run":true})");
      !wrong.empty())
    return wrong;
  out.reason = body.reason.value_or("");
  out.confirm = body.confirm.value_or("");
  out.node = body.node.value_or("");
  out.dry_run = body.dry_run.value_or(false);
  out.by = name_of(*request.who);
  if (out.reason.size() > reason_max)
    return "reason: expected at most 200 bytes";
  if (out.node.size() > name_max || out.target.size() > name_max)
    return "names of nodes have at most 64 bytes";
  return {};
}

http_response changed_meanwhile() {
  return problem(409, "cluster.changed",
                 "it changed while the order was on its way, and nothing was "
                 "done: look, and say it again");
}

/// Takes the pins of a node away that is gone.
/// @param done those that were taken away.
void unpin(store::membership& rows, const std::vector<shard_id>& pins,
           const store::change_note& note, std::vector<shard_id>& done) {
  for (auto shard : pins)
    if (rows.pin(shard, {}, note))
      done.push_back(shard);
}

/// What follows the change that counts, which is durable by then.
void follow_up(store::membership& rows, plan& x, node_order what,
               const order& said) {
  std::vector<shard_id> unpinned;
  try {
    // Its pins go when it is gone: until then they say what comes back.
    if (what == node_order::remove && x.from == x.to) {
      unpin(rows, x.unpin, {said.by, said.reason}, unpinned);
      if (unpinned.empty()) {
        x.what = plan::verdict::nothing;
        x.why = "nothing is pinned to " + said.target + " any more";
      }
      x.unpin = unpinned;
    }
    if (what == node_order::down)
      rows.terminate_backends(x.who);
  } catch (const std::exception& e) {
    if (what == node_order::down)
      throw partly_done{
        said.target
        + " is declared dead, durably, but its connections to the "
          "store may be open still and hold locks ("
        + e.what() + "): they end when its process does"};
    throw partly_done{std::to_string(unpinned.size()) + " of "
                      + std::to_string(x.unpin.size())
                      + " pins were taken away, and perhaps one more, then the "
                        "store failed ("
                      + e.what() + "): say it again"};
  }
}

http_response carry_out(store::membership& rows, plan x, node_order what,
                        const order& said) {
  if (x.from != x.to
      && !rows.set_status(x.who, x.from, x.to, {said.by, said.reason}))
    return changed_meanwhile();
  follow_up(rows, x, what, said);
  return json_answer(plan_json(x, what, said.target, false));
}

http_response obey(store::membership& rows, const store::membership_view& view,
                   node_order what, const order& said) {
  auto x = plan_node_order(view, what, said.target);
  switch (x.what) {
  case plan::verdict::no_such:
    return no_such_node(said.target);
  case plan::verdict::refused:
    return problem(409, "cluster.refused", x.why);
  case plan::verdict::nothing:
    return json_answer(plan_json(x, what, said.target, said.dry_run));
  case plan::verdict::go:
    break;
  }
  if (said.dry_run)
    return json_answer(plan_json(x, what, said.target, true));
  if (what == node_order::down && said.reason.empty())
    return problem(409, "cluster.reason_missing",
                   "reason: expected some words; whoever looks for why a node "
                   "was declared dead reads them");
  if (!x.confirm.empty() && said.confirm != said.target)
    return problem(409, "cluster.unconfirmed",
                   x.confirm + ". To do it anyway, confirm with its name");
  return carry_out(rows, std::move(x), what, said);
}

bool read_shard(const std::string& text, shard_id& out) {
  unsigned x = 0;
  auto [end, wrong] =
    std::from_chars(text.data(), text.data() + text.size(), x);
  if (wrong != std::errc{} || end != text.data() + text.size()
      || x >= shard_count)
    return false;
  out = static_cast<shard_id>(x);
  return true;
}

http_response pin(store::membership& rows, const store::membership_view& view,
                  shard_id shard, const order& said) {
  auto& now = view.shards.at(shard);
  auto pins = said.verb == "pin";
  if (pins) {
    auto* node = find_node(view, said.node);
    if (!node || !store::is_member(node->status))
      return no_such_node(said.node);
    if (node->status != store::node_status::active)
      return problem(409, "cluster.refused",
                     said.node + " is " + store::to_string(node->status)
                       + " and gets no shards");
  }
  auto already = now.pin == (pins ? said.node : std::string{});
  if (!said.dry_run && !already
      && !rows.pin(shard, pins ? said.node : std::string{},
                   {said.by, said.reason}))
    return changed_meanwhile();
  return json_answer(nlohmann::json{{"shard", shard},
                                    {"owner", name_of(view, now.at.owner)},
                                    {"pin", pins ? said.node : std::string{}},
                                    {"already", already},
                                    {"dry_run", said.dry_run},
                                    {"changed", !already && !said.dry_run}}
                       .dump());
}

} // namespace

http_response no_such_node(const std::string& name) {
  return problem(404, "cluster.no_such_node",
                 "no node " + name + "; hansom node ls shows those that are");
}

void order_node(ops_desk& desk, const http_request& request,
                std::string_view prefix, const http_reply& reply) {
  order said;
  node_order what{};
  if (auto wrong = read(request, prefix, true, said); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  if (!parse_node_order(said.verb, what))
    return reply(problem(404, "http.not_found",
                         "Orders to a node: drain, undrain, remove, down"));
  with_cluster(desk, reply, [=](auto& rows, auto& view) {
    return obey(rows, view, what, said);
  });
}

void order_shard(ops_desk& desk, const http_request& request,
                 std::string_view prefix, const http_reply& reply) {
  order said;
  shard_id shard = 0;
  if (auto wrong = read(request, prefix, true, said); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  if (!read_shard(said.target, shard))
    return reply(problem(404, "cluster.no_such_shard",
                         "no shard " + said.target + "; there are 0 to "
                           + std::to_string(shard_count - 1)));
  if (said.verb != "pin" && said.verb != "unpin")
    return reply(
      problem(404, "http.not_found", "Orders to a shard: pin, unpin"));
  if (said.verb == "pin" && said.node.empty())
    return reply(problem(error_code::out_of_range,
                         "node: expected the name of a node to pin it to"));
  with_cluster(desk, reply, [=](auto& rows, auto& view) {
    return pin(rows, view, shard, said);
  });
}

void order_rebalance(ops_desk& desk, const http_request& request,
                     std::string_view prefix, const http_reply& reply) {
  order said;
  if (auto wrong = read(request, prefix, false, said); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  if (said.verb != "pause" && said.verb != "resume")
    return reply(problem(404, "http.not_found",
                         "Orders to the rebalancer: pause, resume"));
  with_cluster(desk, reply, [said](auto& rows, auto& view) {
    auto paused = said.verb == "pause";
    auto already = view.rebalance_paused == paused;
    if (!said.dry_run && !already
        && !rows.pause_rebalance(paused, {said.by, said.reason}))
      return changed_meanwhile();
    return json_answer(nlohmann::json{{"paused", paused},
                                      {"already", already},
                                      {"dry_run", said.dry_run},
                                      {"changed", !already && !said.dry_run}}
                         .dump());
  });
}

} // namespace hansom::ops
