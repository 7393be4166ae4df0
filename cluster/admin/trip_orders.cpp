#include "cluster/admin/trip_orders.hpp"

#include "cluster/admin/order_body.hpp"
#include "cluster/admin/paths.hpp"
#include "cluster/admin/rights.hpp"
#include "protocol/json/writer.hpp"

#include <algorithm>

namespace hansom {

namespace {

constexpr std::string_view end_suffix = "/end";
constexpr std::size_t id_max = 64;
constexpr std::chrono::seconds order_answered_within{10};

} // namespace

/// The body of an order to end a trip.
struct end_order {
  std::string id;
  std::string as;
  std::string reason;
};
HANSOM_RECORD(end_order, id, as, reason)

namespace {

bool is_order_id(std::string_view x) {
  return !x.empty() && x.size() <= id_max
         && std::all_of(x.begin(), x.end(),
                        [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Reads path and body; @returns what is wrong, or an empty text.
std::string read_order(const http_request& request, trip_id& trip,
                       end_order& out) {
  auto name = std::string_view{request.path}.substr(trips_prefix.size());
  name.remove_suffix(end_suffix.size());
  if (!parse_id(name, trip))
    return "expected a trip id: 16 hexadecimal digits";
  if (auto wrong = read_body(request, out,
                             R"({"id":"...","as":"completed","reason":"..."})");
      !wrong.empty())
    return wrong;
  if (!is_order_id(out.id))
    return "id: expected 1 to 64 printable ASCII characters without spaces";
  if (out.as != "completed" && out.as != "cancelled")
    return "as: expected completed or cancelled, found " + out.as;
  if (out.reason.empty())
    return "reason: expected some words; rider and driver read them";
  return {};
}

error_code code_of(const std::string& name) {
  for (std::size_t i = 0; i < error_code_count; ++i)
    if (auto code = static_cast<error_code>(i); facts(code).code == name)
      return code;
  return error_code::internal;
}

/// An actor's answer as HTTP.
http_response to_http(const std::string& body, const end_order& order) {
  if (body.empty())
    return problem(error_code::unknown_outcome,
                   "no answer within 10 s: say it again with the same id");
  auto frame = nlohmann::json::parse(body, nullptr, false);
  if (!frame.is_object() || frame.value("type", "") != "ack")
    return problem(code_of(frame.value("code", "")),
                   frame.value("message", ""));
  http_response out;
  out.body = "{\"trip\":";
  json::append(out.body, frame.value("trip", ""));
  out.body += ",\"rev\":";
  json::append(out.body, frame.value("rev", std::uint64_t{0}));
  out.body += ",\"as\":";
  json::append(out.body, order.as);
  out.body += '}';
  return out;
}

/// Gives the answer up after a while, so that nobody waits for ever.
void expire_later(runtime& node, order_desk& desk, session_ref order) {
  node.system().spawn<caf::hidden>(
    [&desk, order](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, order_answered_within, caf::tick_atom_v);
      return {[&desk, order, self](caf::tick_atom) {
        desk.expire(order);
        self->quit();
      }};
    });
}

/// The reason is what somebody wrote: it is in the trip's journal alone.
audit_record record_of(std::string by, trip_id trip, const end_order& order,
                       const http_response& answer) {
  return {"trip.end", std::move(by), to_string(entity_ref{trip}),
          answer.status == 200 ? "ended as " + order.as
                               : "not ended as " + order.as + ": status "
                                   + std::to_string(answer.status)};
}

void end_trip_by_order(runtime& node, order_desk& desk,
                       const shared_desk& looks, const http_request& request,
                       const http_reply& reply) {
  if (!request.path.ends_with(end_suffix))
    return reply(problem(404, "http.not_found",
                         "Orders to a trip: POST /v1/admin/trips/ID/end or "
                         "/v1/admin/trips/ID/trace"));
  trip_id trip;
  end_order order;
  if (auto wrong = read_order(request, trip, order); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  live_span span;
  traceparent said;
  parse_traceparent(request.header("traceparent"), said);
  if (node.spans() != nullptr)
    span = node.spans()->begin_root(said);
  auto by = name_of(*request.who);
  auto to = desk.expect([=, &node](const std::string& body) {
    auto here = span;
    end_span(node.spans(), here, [] {
      finished_span x;
      x.name = "order trip.end";
      x.kind = span_kind::server;
      return x;
    });
    auto answer = to_http(body, order);
    looks->audit(record_of(by, trip, order, answer));
    reply(std::move(answer));
  });
  if (!to)
    return reply(problem(error_code::overloaded));
  expire_later(node, desk, *to);
  trip_end what;
  what.as =
    order.as == "completed" ? trip_phase::completed : trip_phase::cancelled;
  what.reason = order.reason;
  what.operator_name = by;
  node.send(trip, client_ref{*to, trip, order.id, span.at}, std::move(what));
}

} // namespace

void add_trip_orders(http_routes& routes, runtime& node, order_desk& desk,
                     const shared_desk& looks) {
  routes.add("POST", std::string{trips_prefix},
             [&node, &desk, looks](const http_request& request,
                                   const http_reply& reply) {
               if (!may_order(request, reply))
                 return;
               if (request.path.ends_with("/trace"))
                 begin_trace(*looks, request, reply);
               else
                 end_trip_by_order(node, desk, looks, request, reply);
             });
}

} // namespace hansom
