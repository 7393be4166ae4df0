#include "cluster/admin/trip_trace.hpp"

#include "actors/cell/cell_cover.hpp"
#include "cluster/admin/masking.hpp"
#include "cluster/admin/order_body.hpp"
#include "cluster/admin/paths.hpp"
#include "cluster/admin/rights.hpp"
#include "cluster/admin/row_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace hansom {

/// The body of an order to record what is said about a trip.
struct trace_order {
  caf::optional<std::uint32_t> messages;
  caf::optional<std::uint32_t> seconds;
};
HANSOM_RECORD(trace_order, messages, seconds)

namespace {

using document = nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t drivers_max = 16;

/// One line of a trace.
struct step {
  std::int64_t at_ms = 0;
  int rank = 0; ///< At the same time, the journal comes first.
  document what;
};

std::vector<entity_ref> involved_in(const admin_desk& desk, trip_id trip,
                                    const trip_record& x) {
  std::vector<entity_ref> result{trip};
  if (x.rider)
    result.emplace_back(x.rider);
  if (x.driver)
    result.emplace_back(x.driver);
  for (auto& driver : x.closed_offers)
    if (result.size() < drivers_max && driver != x.driver)
      result.emplace_back(driver);
  result.emplace_back(cell_of(x.pickup, desk.node.config().cell_level));
  return result;
}

document message_json(entity_ref who, message_kind kind, std::uint64_t took_us,
                      const std::string& text) {
  return {{"source", "message"},
          {"actor", to_string(who)},
          {"name", name_of(kind)},
          {"took_us", took_us},
          {"text", text}};
}

/// What an actor remembers of the trip, unless a live trace knows it better.
void add_memories(admin_desk& desk, entity_ref who, trip_id trip,
                  const std::vector<message_record>& live,
                  std::vector<step>& out) {
  auto p = desk.node.entities().watch_of(who);
  if (!p)
    return;
  using namespace std::chrono;
  auto born_ms =
    desk.node.now().ms
    - duration_cast<milliseconds>(steady_clock::now() - p->born).count();
  p->for_each_memory([&](const probe::memory& x) {
    if (x.trip != trip)
      return;
    auto at = born_ms + x.at_ms;
    constexpr std::int64_t same_ms = 5;
    auto known = std::any_of(live.begin(), live.end(), [&](auto& m) {
      return m.who == who && m.kind == x.kind
             && std::abs(m.at.ms - at) <= same_ms;
    });
    if (!known)
      out.push_back({at, 1, message_json(who, x.kind, x.took_us, {})});
  });
}

document live_json(const recording::part& x, timestamp now) {
  return {{"active", x.left.count() > 0},
          {"until_ms", (now + x.left).ms},
          {"recorded", x.recorded},
          {"messages_max", x.messages_max},
          {"dropped", x.dropped}};
}

/// Reads how much is to be recorded; @returns what is wrong with it.
std::string read_limits(const http_request& request, recording::limits& out) {
  constexpr std::string_view expected =
    R"({"messages":1 to 500,"seconds":1 to 30})";
  constexpr std::uint32_t messages_usual = 200;
  constexpr std::uint32_t messages_max = 500;
  constexpr std::uint32_t seconds_max = 30;
  trace_order said;
  if (auto wrong = read_optional_body(request, said, expected); !wrong.empty())
    return wrong;
  auto messages = said.messages.value_or(messages_usual);
  auto seconds = said.seconds.value_or(seconds_max);
  auto beyond = [](std::uint32_t x, std::uint32_t max) {
    return x < 1 || x > max;
  };
  if (beyond(messages, messages_max) || beyond(seconds, seconds_max))
    return "body: out of range. Expected " + std::string{expected};
  out = {messages, 200, messages, std::chrono::seconds{seconds}};
  return {};
}

} // namespace

document trace_json(admin_desk& desk, trip_id trip, const stored_trip& stored,
                    client_role role) {
  std::vector<step> steps;
  for (auto& row : stored.journal)
    steps.push_back({row.at.ms,
                     0,
                     {{"source", "journal"},
                      {"actor", to_string(entity_ref{trip})},
                      {"name", row.kind},
                      {"took_us", 0},
                      {"data", masked(row.payload, entity_kind::trip, role)}}});
  document body{{"trip", to_string(trip)},
                {"node", desk.node_name},
                {"live", nullptr},
                {"journal_cut", stored.journal_cut}};
  std::vector<message_record> live;
  if (auto recorded = desk.node.watch().find(trip, true)) {
    auto part = recorded->read(0);
    body["live"] = live_json(part, desk.node.now());
    live = std::move(part.messages);
  }
  for (auto& m : live)
    steps.push_back({m.at.ms, 1,
                     message_json(m.who, m.kind, m.took_us,
                                  gives_orders(role) ? m.text : "")});
  body["involved"] = document::array();
  for (auto& who : involved_in(desk, trip, stored.record)) {
    body["involved"].push_back(to_string(who));
    add_memories(desk, who, trip, live, steps);
  }
  std::stable_sort(steps.begin(), steps.end(), [](auto& a, auto& b) {
    return std::pair{a.at_ms, a.rank} < std::pair{b.at_ms, b.rank};
  });
  body["events"] = document::array();
  auto before = steps.empty() ? 0 : steps.front().at_ms;
  for (auto& x : steps) {
    x.what["at_ms"] = x.at_ms;
    x.what["after_ms"] = x.at_ms - before;
    before = x.at_ms;
    body["events"].push_back(std::move(x.what));
  }
  return body;
}

void begin_trace(admin_desk& desk, const http_request& request,
                 const http_reply& reply) {
  constexpr std::string_view suffix = "/trace";
  auto name = std::string_view{request.path}.substr(trips_prefix.size());
  name.remove_suffix(suffix.size());
  trip_id trip;
  if (!parse_id(name, trip))
    return reply(problem(error_code::out_of_range,
                         "expected a trip id: 16 hexadecimal digits"));
  recording::limits limits;
  if (auto wrong = read_limits(request, limits); !wrong.empty())
    return reply(problem(error_code::out_of_range, wrong));
  // Among several nodes all record, since its driver may be on any of them.
  if (!desk.others && !desk.node.entities().watch_of(trip))
    return reply(problem(404, "actor.not_resident",
                         to_string(entity_ref{trip})
                           + " is not in this node's memory: nothing more "
                             "happens to it"));
  auto live = desk.node.watch().trace(trip, limits);
  if (!live)
    return reply(problem(error_code::overloaded,
                         "too many actors and trips are followed already"));
  if (!asks_here(request)) {
    if (desk.others)
      desk.others->tell(request);
    desk.audit({"trip.trace", name_of(*request.who),
                to_string(entity_ref{trip}),
                "for " + std::to_string(limits.messages_max) + " messages"});
  }
  auto body = live_json(live->read(0), desk.node.now());
  body["trip"] = to_string(trip);
  reply(json_response(body));
}

} // namespace hansom
