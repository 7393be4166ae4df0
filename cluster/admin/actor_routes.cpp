#include "actors/runtime/kind_description.hpp"
#include "cluster/admin/admin_desk.hpp"
#include "cluster/admin/masking.hpp"
#include "cluster/admin/order_body.hpp"
#include "cluster/admin/query_text.hpp"
#include "cluster/admin/row_json.hpp"

#include <nlohmann/json.hpp>

namespace hansom {

/// The body of an order to leave memory.
struct passivate_order {
  caf::optional<bool> dry_run;
};
HANSOM_RECORD(passivate_order, dry_run)

namespace {

using document = nlohmann::json;
using std::chrono::milliseconds;

constexpr std::string_view actors_prefix = "/v1/admin/actors/";
constexpr std::string_view tail_suffix = "/tail";
constexpr std::string_view passivate_suffix = "/passivate";
constexpr milliseconds tail_looks_every{100};
/// Half of `http_timeout`: an answer that waits must not look like a dead one.
constexpr std::size_t tail_waits_ms = 5'000;
constexpr milliseconds leaves_within{500};

// -- lists --------------------------------------------------------------------

/// Reads the filter; @returns what is wrong with it, or an empty text.
std::string read_filter(const admin_desk& desk, std::string_view query,
                        row_filter& out) {
  if (auto kind = query_value(query, "kind"); !kind.empty()) {
    entity_kind parsed{};
    if (!parse_entity_kind(kind, parsed))
      return "kind: expected driver, rider, trip or cell, found " + kind;
    out.kind = parsed;
  }
  if (auto cell = query_value(query, "cell");
      !cell.empty() && !parse_id(cell, out.cell))
    return "cell: expected an S2 token such as 89c259, found " + cell;
  if (auto node = query_value(query, "node");
      !node.empty() && node != desk.node_name)
    return "node: this is " + desk.node_name + ", which knows its own actors "
           + "only, not those of " + node;
  out.state = query_value(query, "state");
  out.text = query_value(query, "text");
  if (auto sort = query_value(query, "sort"); !sort.empty())
    out.sort = sort;
  if (!is_row_order(out.sort))
    return "unknown sort order \"" + out.sort + "\"; try "
           + std::string{row_orders};
  if (!query_number(query, "limit", 1, 1000, out.limit))
    return "limit: expected 1 to 1000";
  constexpr std::size_t none = shard_count;
  std::size_t shard = none;
  if (!query_number(query, "shard", 0, shard_count - 1, shard))
    return "shard: expected 0 to 255";
  if (shard != none)
    out.shard = static_cast<shard_id>(shard);
  return known_state(out.kind, out.state);
}

document totals_of(const survey& from) {
  auto out = document::array();
  for (auto& kind : actor_kinds()) {
    auto& t = from.totals[static_cast<std::size_t>(kind.kind)];
    if (t.actors == 0)
      continue;
    out.push_back({{"kind", to_string(kind.kind)},
                   {"actors", t.actors},
                   {"mailbox", t.mailbox},
                   {"mailbox_max", t.deepest},
                   {"handled", t.handled},
                   {"running", t.running},
                   {"rate", per_second(t.window_handled, from.window_s)},
                   {"busy_pct", busy_pct(t.window_ns, from.window_s)}});
  }
  return out;
}

void list_actors(const shared_desk& desk, const http_request& request,
                 const http_reply& reply) {
  row_filter filter;
  if (auto wrong = read_filter(*desk, request.query, filter); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  auto from = desk->actors.look();
  auto found = select(*from, filter);
  auto body = signed_answer(*desk);
  body["at_ms"] = from->at.ms;
  body["window_s"] = tenths(from->window_s);
  body["matched"] = found.matched;
  body["totals"] = totals_of(*from);
  body["actors"] = document::array();
  for (auto* x : found.rows)
    body["actors"].push_back(row_json(*desk, *from, *x));
  reply(json_response(body));
}

void list_kinds(const shared_desk&, const http_request&,
                const http_reply& reply) {
  document out{{"kinds", document::array()}};
  for (auto& kind : actor_kinds()) {
    auto messages = document::array();
    for (auto& x : kind.messages)
      messages.push_back({{"message", name_of(x.kind)},
                          {"deadline_ms", x.deadline.count()},
                          {"routine", is_routine(x.kind)}});
    out["kinds"].push_back({{"kind", to_string(kind.kind)},
                            {"what", kind.what},
                            {"states", kind.states},
                            {"backlog_max", kind.backlog_max},
                            {"messages", messages}});
  }
  reply(json_response(out));
}

// -- one actor ----------------------------------------------------------------

http_response not_resident(entity_ref who) {
  return problem(404, "actor.not_resident",
                 to_string(who) + " is not in this node's memory");
}

/// The name between the prefix and a suffix.
bool read_name(const http_request& request, std::string_view suffix,
               entity_ref& who, const http_reply& reply) {
  auto name = std::string_view{request.path}.substr(actors_prefix.size());
  if (!suffix.empty())
    name.remove_suffix(suffix.size());
  if (parse_entity(name, who))
    return true;
  reply(problem(error_code::out_of_range,
                "expected KIND/ID, such as driver/42, found \""
                  + std::string{name} + '"'));
  return false;
}

void show_actor(const shared_desk& desk, entity_ref who, client_role role,
                const http_reply& reply) {
  auto p = desk->node.entities().watch_of(who);
  if (!p)
    return reply(not_resident(who));
  auto from = desk->actors.look();
  auto found = std::find_if(from->rows.begin(), from->rows.end(),
                            [&](const survey_row& x) { return x.who == who; });
  document row{{"mailbox", p->depth()}, {"handled", p->handled.load()}};
  if (found != from->rows.end())
    row = row_json(*desk, *from, *found);
  row["last_messages"] = memories_json(*p);
  desk->look.describe_actor(
    who, [who, role, reply, row = std::move(row)](const std::string& state) {
      document body{{"actor", to_string(who)}, {"probe", row}};
      body["state"] = state.empty() ? document("did not answer within 500 ms")
                                    : masked(state, who.kind, role);
      reply(json_response(body));
    });
}

/// What is needed to answer later, without the node, which may be gone by then.
struct tail_question {
  std::shared_ptr<recording> live;
  std::uint64_t after = 0;
  std::chrono::steady_clock::time_point until;
  client_role role = client_role::viewer;
  http_reply reply;
};

void answer_tail(const tail_question& x) {
  auto part = x.live->read(x.after);
  document body{{"actor", to_string(x.live->whom())},
                {"next", part.next},
                {"dropped", part.dropped},
                {"rate_max", recording::limits{}.per_second},
                {"messages", document::array()}};
  for (auto& m : part.messages)
    body["messages"].push_back(record_json(m, x.role));
  x.reply(json_response(body));
}

void tail_actor(const shared_desk& desk, entity_ref who,
                const http_request& request, const http_reply& reply) {
  std::size_t after = 0;
  std::size_t wait_ms = tail_waits_ms;
  if (!query_number(request.query, "after", 0, SIZE_MAX, after)
      || !query_number(request.query, "wait_ms", 0, tail_waits_ms, wait_ms))
    return reply(problem(error_code::out_of_range,
                         "after: expected a number; wait_ms: 0 to 5000"));
  auto watch = desk->node.entities().watch_of(who);
  if (!watch && after == 0)
    return reply(not_resident(who));
  auto live = desk->node.watch().follow(who, watch);
  if (!live)
    return reply(problem(error_code::overloaded,
                         "too many actors and trips are followed already"));
  tail_question ask{live, after,
                    std::chrono::steady_clock::now() + milliseconds{wait_ms},
                    role_of(request), reply};
  desk->node.system().spawn<caf::hidden>(
    [ask](caf::event_based_actor* self) -> caf::behavior {
      self->send(self, caf::tick_atom_v);
      return {[ask, self](caf::tick_atom) {
        if (ask.live->read(ask.after).next <= ask.after
            && std::chrono::steady_clock::now() < ask.until)
          return self->delayed_send(self, tail_looks_every, caf::tick_atom_v);
        answer_tail(ask);
        self->quit();
      }};
    });
}

void show_or_tail(const shared_desk& desk, const http_request& request,
                  const http_reply& reply) {
  entity_ref who;
  auto tail = request.path.ends_with(tail_suffix);
  if (!read_name(request, tail ? tail_suffix : "", who, reply)
      || is_forwarded(*desk, who, request, reply))
    return;
  if (tail)
    tail_actor(desk, who, request, reply);
  else
    show_actor(desk, who, role_of(request), reply);
}

// -- passivation --------------------------------------------------------------

std::string plan_of(entity_ref who, const probe& p) {
  auto state = std::string{describe_kind(who.kind).state_name(p.state)};
  auto text = to_string(who) + " is " + state + " and has "
              + std::to_string(p.depth()) + " messages waiting. ";
  return text
         + (who.kind == entity_kind::cell
              ? "A cell forgets its drivers' positions and its explanations; "
                "they come back with the next updates."
              : "What it must not forget is in the store; it stays if it has "
                "something to do.");
}

void answer_passivated(entity_ref who, const std::shared_ptr<probe>& p,
                       const http_reply& reply) {
  auto left = p->ended.load(std::memory_order_relaxed);
  reply(json_response(
    {{"actor", to_string(who)},
     {"left", left},
     {"why", left
               ? "it has left memory; the next message loads it from the "
                 "store"
               : "it stays: it has something to do ("
                   + std::string{describe_kind(who.kind).state_name(p->state)}
                   + ")"}}));
}

void passivate_actor(const shared_desk& desk, const http_request& request,
                     const http_reply& reply) {
  if (!request.path.ends_with(passivate_suffix))
    return reply(problem(404, "http.not_found",
                         "Orders to an actor: POST "
                         "/v1/admin/actors/KIND/ID/passivate"));
  entity_ref who;
  if (!read_name(request, passivate_suffix, who, reply)
      || is_forwarded(*desk, who, request, reply))
    return;
  auto p = desk->node.entities().watch_of(who);
  if (!p)
    return reply(not_resident(who));
  passivate_order said;
  if (auto wrong =
        read_optional_body(request, said, R"({} or {"dry_run":true})");
      !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  if (said.dry_run.value_or(false))
    return reply(json_response(
      {{"actor", to_string(who)}, {"left", false}, {"why", plan_of(who, *p)}}));
  desk->audit({"actor.passivate", name_of(*request.who), to_string(who),
               "asked to leave memory"});
  desk->node.entities().deliver(who, {caf::make_message(passivate{})}, false);
  auto until = std::chrono::steady_clock::now() + leaves_within;
  desk->node.system().spawn<caf::hidden>(
    [=](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, milliseconds{20}, caf::tick_atom_v);
      return {[=](caf::tick_atom) {
        if (!p->ended.load(std::memory_order_relaxed)
            && std::chrono::steady_clock::now() < until)
          return self->delayed_send(self, milliseconds{20}, caf::tick_atom_v);
        answer_passivated(who, p, reply);
        self->quit();
      }};
    });
}

} // namespace

void add_actor_routes(http_routes& routes, const shared_desk& desk) {
  routes.add("GET", "/v1/admin/actors",
             of_all_nodes(desk, in_back_room(desk, list_actors)));
  routes.add("GET", "/v1/admin/kinds", at_once(desk, list_kinds));
  routes.add("GET", std::string{actors_prefix},
             in_back_room(desk, show_or_tail));
  routes.add("POST", std::string{actors_prefix},
             [desk](const http_request& request, const http_reply& reply) {
               if (may_order(request, reply))
                 passivate_actor(desk, request, reply);
             });
}

} // namespace hansom
