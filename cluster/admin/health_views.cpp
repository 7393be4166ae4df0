#include "actors/runtime/kind_description.hpp"
#include "cluster/admin/admin_desk.hpp"
#include "cluster/admin/query_text.hpp"
#include "cluster/admin/row_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace hansom {

namespace {

using document = nlohmann::json;

constexpr std::size_t wrong_rows_max = 256;

// -- what is stuck ------------------------------------------------------------

std::string verdict_on(const survey& from) {
  const survey_row* worst = nullptr;
  for (auto i : from.stuck)
    if (worst == nullptr || worst->running_ms < from.rows[i].running_ms)
      worst = &from.rows[i];
  auto stuck = from.stuck.size();
  auto behind = from.behind.size();
  if (worst != nullptr)
    return to_string(worst->who) + " has been in "
           + std::string{name_of(worst->running)} + " for "
           + std::to_string(worst->running_ms) + " ms"
           + (stuck > 1
                ? ", and " + std::to_string(stuck - 1) + " others are stuck"
                : "");
  if (behind > 0)
    return std::to_string(behind)
           + " actors have more mail than they should, none is stuck";
  return "nothing is stuck";
}

/// Any of those that are wrong.
document wrong_row(const survey_row& x) {
  return {{"actor", to_string(x.who)},
          {"mailbox", x.mailbox},
          {"running_ms", x.running_ms}};
}

/// How many of them are listed.
std::size_t listed(const std::vector<std::uint32_t>& wrong) {
  return std::min(wrong.size(), wrong_rows_max);
}

void show_stuck(const shared_desk& desk, const http_request&,
                const http_reply& reply) {
  auto from = desk->actors.look();
  auto body = signed_answer(*desk);
  body["at_ms"] = from->at.ms;
  body["verdict"] = verdict_on(*from);
  body["running"] = document::array();
  for (std::size_t i = 0; i < listed(from->stuck); ++i) {
    auto& x = from->rows[from->stuck[i]];
    auto row = wrong_row(x);
    row["message"] = name_of(x.running);
    row["deadline_ms"] =
      describe_kind(x.who.kind).deadline_of(x.running).count();
    body["running"].push_back(std::move(row));
  }
  body["backlog"] = document::array();
  for (std::size_t i = 0; i < listed(from->behind); ++i) {
    auto& x = from->rows[from->behind[i]];
    auto row = wrong_row(x);
    row["running"] = x.at_work ? name_of(x.running) : std::string_view{};
    row["backlog_max"] = describe_kind(x.who.kind).backlog_max;
    body["backlog"].push_back(std::move(row));
  }
  body["running_more"] = from->stuck.size() - listed(from->stuck);
  body["backlog_more"] = from->behind.size() - listed(from->behind);
  body["slow"] = incidents_json(desk->node.watch().slow());
  body["deaths"] = incidents_json(desk->node.watch().deaths());
  reply(json_response(body));
}

// -- dead letters -------------------------------------------------------------

void show_dead_letters(const shared_desk& desk, const http_request&,
                       const http_reply& reply) {
  auto body = incidents_json(desk->node.watch().dead_letters());
  body.update(signed_answer(*desk));
  body["unhandled"] = incidents_json(desk->node.watch().unhandled());
  // Known by reason alone: who was told what does not matter for these.
  std::map<std::string, std::uint64_t> by;
  for (auto& x : body["by"])
    by[x.value("reason", "")] += x.value("count", std::uint64_t{0});
  body["by"] = document::array();
  for (auto& [reason, n] : by)
    body["by"].push_back({{"reason", reason}, {"count", n}});
  for (auto& x : body["last"])
    x["reason"] = x.value("why", "");
  body["drops"] = document::array();
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    auto why = static_cast<drop_reason>(i);
    if (auto n = desk->node.drops().of(why))
      body["drops"].push_back({{"reason", to_text(why)}, {"count", n}});
  }
  reply(json_response(body));
}

// -- messages -----------------------------------------------------------------

using message_order = bool (*)(const message_total&, const message_total&);

message_order find_message_order(const std::string& name) {
  if (name.empty() || name == "handled")
    return [](auto& a, auto& b) { return a.handled > b.handled; };
  if (name == "failed")
    return [](auto& a, auto& b) { return a.failed > b.failed; };
  if (name == "slow")
    return [](auto& a, auto& b) { return a.slow > b.slow; };
  if (name == "p99")
    return [](auto& a, auto& b) {
      return a.percentile_us(990) > b.percentile_us(990);
    };
  if (name == "busy")
    return [](auto& a, auto& b) { return a.busy_ns > b.busy_ns; };
  return nullptr;
}

void show_messages(const shared_desk& desk, const http_request& request,
                   const http_reply& reply) {
  auto before = find_message_order(query_value(request.query, "sort"));
  if (before == nullptr)
    return reply(problem(error_code::out_of_range,
                         "sort: expected handled, failed, slow, p99 or busy"));
  auto kind = query_value(request.query, "kind");
  entity_kind only{};
  if (!kind.empty() && !parse_entity_kind(kind, only))
    return reply(problem(error_code::out_of_range,
                         "kind: expected driver, rider, trip or cell"));
  auto all = desk->node.watch().ledger().totals();
  std::stable_sort(all.begin(), all.end(), before);
  auto body = signed_answer(*desk);
  body["messages"] = document::array();
  for (auto& x : all) {
    if (!kind.empty() && x.actor != only)
      continue;
    auto deadline = desk->node.watch().deadline_us(x.actor, x.message);
    body["messages"].push_back(
      {{"kind", to_string(x.actor)},
       {"message", name_of(x.message)},
       {"handled", x.handled},
       {"failed", x.failed},
       {"slow", x.slow},
       {"mean_us", x.handled == 0 ? 0 : x.busy_ns / x.handled / 1000},
       {"p50_us", x.percentile_us(500)},
       {"p99_us", x.percentile_us(990)},
       {"busy_ms", x.busy_ns / 1'000'000},
       {"deadline_ms", deadline / 1000}});
  }
  reply(json_response(body));
}

// -- the tree -----------------------------------------------------------------

/// Branches as wide as they are wanted.
class forest {
public:
  forest(const survey& from, std::size_t width) : from_{from}, width_{width} {
  }

  [[nodiscard]] document branch(const survey_row& x) const {
    document out{{"actor", to_string(x.who)},
                 {"state", describe_kind(x.who.kind).state_name(x.state)},
                 {"mailbox", x.mailbox},
                 {"rate", per_second(x.window_handled, from_.window_s)}};
    add_children(out, from_.kin().of(x.who));
    return out;
  }

  [[nodiscard]] document roots(entity_kind kind) const {
    document out{{"group", to_string(kind) + "s below no cell"}};
    add_children(out, from_.kin().roots(kind));
    return out;
  }

  /// Those whose cell or trip is not here; they say whose it is.
  [[nodiscard]] document orphans(entity_kind kind) const {
    document out{
      {"group", to_string(kind) + "s whose cell or trip is not on this node"}};
    auto& all = from_.kin().orphans(kind);
    add_children(out, all);
    for (std::size_t i = 0; i < out["children"].size(); ++i)
      out["children"][i]["below"] = to_string(all.first[i]->parent);
    return out;
  }

private:
  void add_children(document& to, const kinship::children& all) const {
    to["children"] = document::array();
    auto n = std::min(all.first.size(), width_);
    for (std::size_t i = 0; i < n; ++i)
      to["children"].push_back(branch(*all.first[i]));
    to["more"] = all.count - n;
  }

  const survey& from_;
  std::size_t width_;
};

void show_tree(const shared_desk& desk, const http_request& request,
               const http_reply& reply) {
  std::size_t width = 20;
  static_assert(kinship::listed_max == 200);
  if (!query_number(request.query, "limit", 1, kinship::listed_max, width))
    return reply(problem(error_code::out_of_range, "limit: expected 1 to 200"));
  cell_id only;
  if (auto text = query_value(request.query, "cell");
      !text.empty() && !parse_id(text, only))
    return reply(problem(error_code::out_of_range,
                         "cell: expected an S2 token such as 89c259"));
  auto from = desk->actors.look();
  forest trees{*from, width};
  auto body = signed_answer(*desk);
  body["at_ms"] = from->at.ms;
  body["actors"] = from->rows.size();
  body["children"] = document::array();
  row_filter filter;
  filter.kind = entity_kind::cell;
  filter.sort = "rate";
  filter.limit = width;
  if (only)
    filter.text = to_string(entity_ref{only});
  auto cells = select(*from, filter);
  for (auto* x : cells.rows)
    body["children"].push_back(trees.branch(*x));
  body["more"] = cells.matched - cells.rows.size();
  if (!only)
    for (auto kind :
         {entity_kind::trip, entity_kind::driver, entity_kind::rider}) {
      body["children"].push_back(trees.roots(kind));
      if (from->kin().orphans(kind).count > 0)
        body["children"].push_back(trees.orphans(kind));
    }
  reply(json_response(body));
}

} // namespace

void add_health_views(http_routes& routes, const shared_desk& desk) {
  routes.add("GET", "/v1/admin/stuck",
             of_all_nodes(desk, in_back_room(desk, show_stuck)));
  routes.add("GET", "/v1/admin/deadletters",
             of_all_nodes(desk, in_back_room(desk, show_dead_letters)));
  routes.add("GET", "/v1/admin/messages",
             of_all_nodes(desk, in_back_room(desk, show_messages)));
  routes.add("GET", "/v1/admin/tree",
             of_all_nodes(desk, in_back_room(desk, show_tree)));
}

} // namespace hansom
