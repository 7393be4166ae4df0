#include "cluster/admin/admin_routes.hpp"

#include "actors/cell/cell_cover.hpp"
#include "actors/trip/trip_record.hpp"
#include "cluster/admin/introspection.hpp"
#include "cluster/admin/query_text.hpp"
#include "cluster/admin/rights.hpp"
#include "protocol/json_writer.hpp"

#include <atomic>
#include <mutex>

namespace hansom {

namespace {

constexpr std::size_t cells_max = 500;
constexpr std::size_t journal_rows_max = 200;
constexpr std::string_view actors_prefix = "/v1/admin/actors/";
constexpr std::string_view trips_prefix = "/v1/admin/trips/";

/// What the handlers share. Lives as long as the routes.
struct admin {
  admin(runtime& n, std::unique_ptr<store::connection> r)
    : node{n}, look{n}, reads{std::move(r)} {
  }

  runtime& node;
  introspection look;
  std::mutex mutex; ///< Guards `reads`.
  std::unique_ptr<store::connection> reads;
};

using shared_admin = std::shared_ptr<admin>;

void append_row(std::string& out, const actor_row& row) {
  out += out.back() == '[' ? "{" : ",{";
  out += "\"actor\":";
  json::append(out, to_string(row.who));
  out += ",\"mailbox\":" + std::to_string(row.mailbox)
         + ",\"handled\":" + std::to_string(row.handled)
         + ",\"age_s\":" + std::to_string(row.age_s) + ",\"running\":";
  json::append(out, row.running);
  out += ",\"running_ms\":" + std::to_string(row.running_ms) + '}';
}

void list_actors(const shared_admin& a, const http_request& request,
                 const http_reply& reply) {
  actor_filter filter;
  auto kind = query_value(request.query, "kind");
  if (!kind.empty()) {
    entity_kind parsed{};
    if (!parse_entity_kind(kind, parsed))
      return reply(problem(error_code::out_of_range,
                           "kind: expected driver, rider, trip or cell"));
    filter.kind = parsed;
  }
  filter.text = query_value(request.query, "text");
  if (auto sort = query_value(request.query, "sort"); !sort.empty())
    filter.sort = sort;
  if (!query_number(request.query, "limit", 1, 1000, filter.limit))
    return reply(
      problem(error_code::out_of_range, "limit: expected 1 to 1000"));
  std::vector<actor_row> rows;
  std::string why;
  if (!a->look.list(filter, rows, why))
    return reply(problem(error_code::out_of_range, why));
  std::string body = "{\"totals\":" + a->look.totals() + ",\"actors\":[";
  for (auto& row : rows)
    append_row(body, row);
  reply({200, "application/json", body + "]}", {}});
}

void show_actor(const shared_admin& a, const http_request& request,
                const http_reply& reply) {
  auto name = std::string_view{request.path}.substr(actors_prefix.size());
  entity_ref who;
  if (!parse_entity(name, who))
    return reply(
      problem(error_code::out_of_range, "expected KIND/ID, such as driver/42"));
  auto watched = a->look.probe_of(who);
  if (watched.empty())
    return reply(problem(404, "actor.not_resident",
                         to_string(who) + " is not in this node's memory"));
  a->look.describe_actor(who, [=](const std::string& state) {
    std::string body = "{\"actor\":";
    json::append(body, to_string(who));
    body += ",\"probe\":" + watched + ",\"state\":";
    body += state.empty() ? "\"did not answer within 500 ms\"" : state;
    reply({200, "application/json", body + '}', {}});
  });
}

/// Gathers the answers of all cells; the last one sends.
struct cell_gathering {
  http_reply reply;
  std::mutex mutex;
  std::size_t missing = 0;
  std::string rows;

  void add(entity_ref who, std::uint64_t depth, const std::string& state) {
    std::lock_guard guard{mutex};
    rows += rows.empty() ? "{" : ",{";
    rows += "\"cell\":";
    json::append(rows, to_string(cell_id{who.id}));
    rows += ",\"mailbox\":" + std::to_string(depth);
    if (state.size() > 2) // The fields of {"...":...} beside ours.
      rows += ',' + state.substr(1, state.size() - 2);
    rows += '}';
    if (--missing == 0)
      reply({200, "application/json", "{\"cells\":[" + rows + "]}", {}});
  }
};

void list_cells(const shared_admin& a, const http_reply& reply) {
  std::vector<std::pair<entity_ref, std::uint64_t>> cells;
  a->node.entities().for_each([&](entity_ref who, const resident& x) {
    if (who.kind == entity_kind::cell && cells.size() < cells_max)
      cells.emplace_back(who, x.watch->depth());
  });
  if (cells.empty())
    return reply({200, "application/json", "{\"cells\":[]}", {}});
  auto all = std::make_shared<cell_gathering>();
  all->reply = reply;
  all->missing = cells.size();
  for (auto& [who, depth] : cells)
    a->look.describe_actor(
      who, [all, who = who, depth = depth](const std::string& state) {
        all->add(who, depth, state);
      });
}

struct stored_trip {
  trip_record record;
  std::string state;
  std::string events; ///< JSON array.
};

/// Reads a trip from the store, resident or not.
bool read_trip(admin& a, trip_id trip, stored_trip& out, std::string& why) {
  std::lock_guard guard{a.mutex};
  auto found = a.reads->load(trip);
  if (!found) {
    why = "no trip " + to_string(trip);
    return false;
  }
  if (!decode(found->state, out.record, why))
    return false;
  out.state = found->state;
  out.events = "[";
  for (auto& row : a.reads->journal_of(trip, journal_rows_max)) {
    out.events += out.events.size() > 1 ? ",{" : "{";
    out.events += "\"seq\":" + std::to_string(row.seq) + ",\"epoch\":"
                  + std::to_string(row.written_epoch) + ",\"event\":";
    json::append(out.events, row.kind);
    out.events += ",\"data\":" + row.payload + '}';
  }
  out.events += ']';
  return true;
}

void show_trip(const shared_admin& a, const http_request& request,
               const http_reply& reply) {
  constexpr std::string_view why_suffix = "/why";
  auto name = std::string_view{request.path}.substr(trips_prefix.size());
  auto asks_why = name.ends_with(why_suffix);
  if (asks_why)
    name.remove_suffix(why_suffix.size());
  trip_id trip;
  if (!parse_id(name, trip))
    return reply(problem(error_code::out_of_range,
                         "expected a trip id: 16 hexadecimal digits"));
  stored_trip stored;
  std::string why;
  if (!read_trip(*a, trip, stored, why))
    return reply(problem(error_code::no_such_trip, why));
  if (!asks_why)
    return reply(
      {200,
       "application/json",
       "{\"trip\":" + stored.state + ",\"journal\":" + stored.events + '}',
       {}});
  auto cell = cell_of(stored.record.pickup, a->node.config().cell_level);
  a->look.explain_trip(cell, trip, [=](const std::string& explanation) {
    if (explanation.empty())
      reply(problem(404, "trip.not_explained",
                    "cell " + to_string(cell)
                      + " keeps no explanation of this trip: it was matched "
                        "too long ago, or before a restart"));
    else
      reply({200, "application/json", explanation, {}});
  });
}

template <class Handler>
http_handler guarded(const shared_admin& a, Handler handle) {
  return [=](http_request request, const http_reply& reply) {
    if (may_look(request, reply))
      handle(a, request, reply);
  };
}

} // namespace

void add_admin_routes(http_routes& routes, runtime& node,
                      std::unique_ptr<store::connection> reads) {
  auto a = std::make_shared<admin>(node, std::move(reads));
  routes.add("GET", "/v1/admin/actors", guarded(a, list_actors));
  routes.add("GET", std::string{actors_prefix}, guarded(a, show_actor));
  routes.add(
    "GET", "/v1/admin/cells",
    guarded(a, [](auto& x, auto&, auto& reply) { list_cells(x, reply); }));
  routes.add("GET", std::string{trips_prefix}, guarded(a, show_trip));
}

} // namespace hansom
