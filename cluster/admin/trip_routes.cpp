#include "actors/cell/cell_cover.hpp"
#include "actors/runtime/kind_description.hpp"
#include "cluster/admin/admin_desk.hpp"
#include "cluster/admin/masking.hpp"
#include "cluster/admin/paths.hpp"
#include "cluster/admin/query_text.hpp"
#include "cluster/admin/row_json.hpp"
#include "cluster/admin/stored_trip.hpp"
#include "cluster/admin/trip_trace.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace hansom {

namespace {

using document = nlohmann::json;

// -- those in memory ----------------------------------------------------------

/// Who takes part in a trip; empty: nobody, or anybody.
struct riders_and_drivers {
  std::string rider;
  std::string driver;
};

/// As the trip itself knows them: they may live on other nodes.
riders_and_drivers people_of(const admin_desk& desk, entity_ref trip) {
  auto p = desk.node.entities().watch_of(trip);
  if (!p)
    return {};
  auto text = [](std::uint64_t id) {
    return id == 0 ? std::string{} : std::to_string(id);
  };
  return {text(p->rider.load(std::memory_order_relaxed)),
          text(p->driver.load(std::memory_order_relaxed))};
}

std::string read_filter(std::string_view query, row_filter& out,
                        riders_and_drivers& who) {
  out.kind = entity_kind::trip;
  out.sort = "age";
  out.state = query_value(query, "phase");
  if (auto sort = query_value(query, "sort"); !sort.empty())
    out.sort = sort;
  if (!is_row_order(out.sort))
    return "unknown sort order \"" + out.sort + "\"; try "
           + std::string{row_orders};
  if (!query_number(query, "limit", 1, 1000, out.limit))
    return "limit: expected 1 to 1000";
  if (auto cell = query_value(query, "cell");
      !cell.empty() && !parse_id(cell, out.cell))
    return "cell: expected an S2 token such as 89c259, found " + cell;
  who.rider = query_value(query, "rider");
  who.driver = query_value(query, "driver");
  return known_state(out.kind, out.state);
}

void list_trips(const shared_desk& desk, const http_request& request,
                const http_reply& reply) {
  row_filter filter;
  riders_and_drivers wanted;
  if (auto wrong = read_filter(request.query, filter, wanted); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  auto limit = filter.limit;
  auto by_people = !wanted.rider.empty() || !wanted.driver.empty();
  auto from = desk->actors.look();
  if (by_people) // Whom they carry is not in their rows.
    filter.limit = from->rows.size() + 1;
  auto found = select(*from, filter);
  auto body = signed_answer(*desk);
  body["at_ms"] = from->at.ms;
  body["trips"] = document::array();
  std::size_t matched = 0;
  for (auto* x : found.rows) {
    auto who = people_of(*desk, x->who);
    if ((!wanted.rider.empty() && who.rider != wanted.rider)
        || (!wanted.driver.empty() && who.driver != wanted.driver))
      continue;
    if (++matched > limit)
      continue;
    body["trips"].push_back(
      {{"trip", to_string(trip_id{x->who.id})},
       {"phase", describe_kind(entity_kind::trip).state_name(x->state)},
       {"cell", x->parent.id == 0 ? "" : to_string(cell_id{x->parent.id})},
       {"rider", who.rider},
       {"driver", who.driver},
       {"age_s", x->age_s},
       {"mailbox", x->mailbox},
       {"rate", per_second(x->window_handled, from->window_s)}});
  }
  body["matched"] = by_people ? matched : found.matched;
  reply(json_response(body));
}

// -- one trip -----------------------------------------------------------------

document journal_json(const stored_trip& x, client_role role) {
  auto out = document::array();
  for (auto& row : x.journal)
    out.push_back({{"seq", row.seq},
                   {"at_ms", row.at.ms},
                   {"epoch", row.written_epoch},
                   {"event", row.kind},
                   {"data", masked(row.payload, entity_kind::trip, role)}});
  return out;
}

void explain(const shared_desk& desk, trip_id trip, const stored_trip& stored,
             const http_request& request, const http_reply& reply) {
  auto cell = cell_of(stored.record.pickup, desk->node.config().cell_level);
  if (is_forwarded(*desk, cell, request, reply))
    return;
  document about{{"phase", to_string(stored.record.phase)},
                 {"assigned_driver",
                  stored.record.driver ? to_string(stored.record.driver) : ""}};
  desk->look.explain_trip(cell, trip, [=](const std::string& explanation) {
    auto body = document::parse(explanation, nullptr, false);
    if (!body.is_object())
      return reply(
        problem(404, "trip.not_explained",
                "cell " + to_string(cell)
                  + " keeps no explanation of this trip: it was matched too "
                    "long ago, or before a restart"));
    body.update(about);
    reply(json_response(body));
  });
}

void show_trip(const shared_desk& desk, const http_request& request,
               const http_reply& reply) {
  constexpr std::string_view why_suffix = "/why";
  constexpr std::string_view trace_suffix = "/trace";
  auto name = std::string_view{request.path}.substr(trips_prefix.size());
  auto asks_why = name.ends_with(why_suffix);
  auto asks_trace = name.ends_with(trace_suffix);
  name.remove_suffix(asks_why     ? why_suffix.size()
                     : asks_trace ? trace_suffix.size()
                                  : 0);
  trip_id trip;
  if (!parse_id(name, trip))
    return reply(problem(error_code::out_of_range,
                         "expected a trip id: 16 hexadecimal digits"));
  stored_trip stored;
  std::string why;
  if (!read_trip(*desk, trip, stored, why))
    return reply(problem(error_code::no_such_trip, why));
  auto role = role_of(request);
  if (asks_why)
    return explain(desk, trip, stored, request, reply);
  if (asks_trace)
    return of_all_nodes(desk, [&](auto&&, const http_reply& answer) {
      answer(json_response(trace_json(*desk, trip, stored, role)));
    })(request, reply);
  reply(json_response({{"trip", masked(stored.state, entity_kind::trip, role)},
                       {"journal", journal_json(stored, role)},
                       {"journal_cut", stored.journal_cut}}));
}

} // namespace

bool read_trip(admin_desk& desk, trip_id trip, stored_trip& out,
               std::string& why) {
  constexpr std::size_t journal_rows_max = 200;
  std::lock_guard guard{desk.mutex};
  auto found = desk.reads->load(trip);
  if (!found) {
    why = "no trip " + to_string(trip);
    return false;
  }
  if (!decode(found->state, out.record, why))
    return false;
  out.state = found->state;
  out.journal = desk.reads->journal_of(trip, journal_rows_max + 1);
  out.journal_cut = out.journal.size() > journal_rows_max;
  if (out.journal_cut)
    out.journal.pop_back();
  return true;
}

void add_trip_routes(http_routes& routes, const shared_desk& desk) {
  routes.add("GET", "/v1/admin/trips",
             of_all_nodes(desk, in_back_room(desk, list_trips)));
  routes.add("GET", std::string{trips_prefix}, in_back_room(desk, show_trip));
}

} // namespace hansom
