#include "cluster/config/property_kinds.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace hansom {

namespace config {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (auto c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

const std::string* text_of(const raw_value& x) {
  if (auto* s = std::get_if<std::string>(&x.what))
    return s;
  return x.untyped ? &x.text : nullptr;
}

} // namespace config

namespace {

using namespace config;
using namespace std::chrono_literals;

/// Reaches a member from settings that are const or not.
#define AT(member)                                                             \
  [](auto& s) -> auto& {                                                       \
    return s.member;                                                           \
  }

using list = std::vector<property>;

void node_properties(list& out) {
  out.insert(
    out.end(),
    {text("node.name", AT(node.name), "a text", "Shown in the console."),
     text("node.data", AT(node.data), "a folder",
          "Where the embedded store keeps its files."),
     integer("node.threads", AT(node.threads), 1, 256,
             "Threads that run actors."),
     flag("node.production", AT(node.production),
          "Refuses development conveniences: generated keys, hansom token."),
     choice(
       "log.level", AT(log.level), "trace, debug, info, warn, error or off",
       [](const std::string& x) { return x; },
       [](const std::string& x, std::string& level) {
         static constexpr std::array known{"trace", "debug", "info",
                                           "warn",  "error", "off"};
         auto ok = std::find(known.begin(), known.end(), x) != known.end();
         if (ok)
           level = x;
         return ok;
       },
       "How much is logged."),
     flag("log.json", AT(log.json), "One JSON object a line, for collectors."),
     integer("journal.batch_max", AT(journal.batch_max), 1, 100'000,
             "Writes in one commit at most."),
     integer("journal.queue_max", AT(journal.queue_max), 16, 10'000'000,
             "Writes that may wait; beyond it commands are told to retry.")});
}

void auth_properties(list& out) {
  out.insert(
    out.end(),
    {text("auth.hs256_key_file", AT(auth.hs256_key_file), "a file",
          "Shared secret of tokens; empty: the data folder's dev.key, refused "
          "in production."),
     text("auth.es256_key_file", AT(auth.es256_key_file), "a PEM file",
          "Public key of ES256 tokens."),
     text("auth.rs256_key_file", AT(auth.rs256_key_file), "a PEM file",
          "Public key of RS256 tokens."),
     text("auth.quote_key_file", AT(auth.quote_key_file), "a file",
          "Secret that signs quotes; empty: the data folder's dev.key, refused "
          "in production."),
     text("auth.quote_key_previous_file", AT(auth.quote_key_previous_file),
          "a file", "Former quote secret, still accepted while keys rotate.")});
}

void gateway_properties(list& out) {
  constexpr std::int64_t most = 1'000'000'000;
  out.insert(
    out.end(),
    {text("gateway.address", AT(gateway.address), "an IP address",
          "Where clients connect."),
     integer("gateway.port", AT(gateway.port), 0, 65'535,
             "0 takes any free one."),
     integer("gateway.threads", AT(gateway.threads), 1, 64,
             "Threads that serve clients."),
     text("gateway.certificate_file", AT(gateway.certificate_file),
          "a PEM file", "With it, clients must use TLS."),
     text("gateway.private_key_file", AT(gateway.private_key_file),
          "a PEM file", "Of the certificate."),
     texts("gateway.origins", AT(gateway.origins), "a list of origins",
           "Browsers' origins that may connect; \"*\" is all."),
     integer("gateway.connections_max", AT(gateway.connections_max), 1,
             1'000'000, "More are answered 503."),
     integer(
       "gateway.handshakes_per_s", AT(gateway.handshakes.per_s), 0, most,
       "New connections a second, of all clients together; 0 is no limit."),
     integer("gateway.handshakes_burst", AT(gateway.handshakes.burst), 1, most,
             "And so many at once."),
     integer("gateway.commands_per_s", AT(gateway.commands.per_s), 0, most,
             "Commands a second and session; 0 is no limit."),
     integer("gateway.commands_burst", AT(gateway.commands.burst), 1, most,
             "And so many at once."),
     integer("gateway.positions_per_s", AT(gateway.positions.per_s), 0, most,
             "Position frames a second and session; 0 is no limit."),
     integer("gateway.positions_burst", AT(gateway.positions.burst), 1, most,
             "And so many at once."),
     integer("gateway.in_flight_max", AT(gateway.in_flight_max), 1, 1000,
             "Unanswered commands per session."),
     duration("gateway.admission_target", AT(gateway.admission.target), 1ms,
              10s, "While answers take longer, new work is refused."),
     integer("gateway.new_work_max", AT(gateway.admission.unanswered_max), 1,
             10'000'000,
             "Unanswered commands per thread; beyond it no new work is "
             "taken."),
     integer("gateway.outbound_bytes_max", AT(gateway.outbound_bytes_max), 4096,
             most, "Waiting for one client; beyond it he is closed as slow."),
     integer("gateway.outbound_frames_max", AT(gateway.outbound_frames_max), 8,
             1'000'000, "The same, counted in frames."),
     duration("gateway.hello_timeout", AT(gateway.hello_timeout), 100ms, 1min,
              "A connection must say hello within."),
     duration("gateway.heartbeat", AT(gateway.heartbeat), 1s, 10min,
              "Two missed and the connection is closed."),
     duration("gateway.session_kept", AT(gateway.session_kept), 0s, 1h,
              "A lost session can be resumed for so long."),
     duration("gateway.command_timeout", AT(gateway.command_timeout), 1s, 1min,
              "Then the client hears that the outcome is unknown."),
     duration("gateway.position_flush", AT(gateway.position_flush), 1ms, 1s,
              "Positions go to their cells so often.")});
}

void trip_properties(list& out) {
  out.insert(
    out.end(),
    {duration("dispatch.quote_ttl", AT(dispatch.quote_ttl), 10s, 1h,
              "How long a price is promised."),
     duration("dispatch.offer_timeout", AT(dispatch.offer_timeout), 1s, 5min,
              "A driver's time to answer an offer."),
     duration("dispatch.match_timeout", AT(dispatch.match_timeout), 1s, 1h,
              "A request without a driver expires after this."),
     duration("dispatch.pickup_wait", AT(dispatch.pickup_wait), 1s, 1h,
              "After this at the pickup the driver may report a no-show."),
     duration("dispatch.free_cancel", AT(dispatch.free_cancel), 0s, 1h,
              "Cancelling is free for so long after the assignment."),
     duration("dispatch.connection_grace", AT(dispatch.connection_grace), 1s,
              10min, "A driver's lost connection is forgiven for so long."),
     duration("dispatch.driver_silent", AT(dispatch.driver_silent), 5s, 1h,
              "A driver without a position for so long is replaced."),
     duration("dispatch.stall_after", AT(dispatch.stall_after), 5s, 1h,
              "A driver who comes no nearer for so long is replaced."),
     integer("dispatch.stall_progress_m", AT(dispatch.stall_progress_m), 1,
             10'000, "Nearer by so many metres is progress."),
     integer("dispatch.arrived_within_m", AT(dispatch.arrived_within_m), 0,
             100'000,
             "Arrived is refused farther from the pickup; 0 is no check."),
     duration("dispatch.want_again", AT(dispatch.want_again), 1s, 10min,
              "A waiting trip reminds its cell so often."),
     duration("dispatch.trip_linger", AT(dispatch.trip_linger), 1s, 1h,
              "A trip that is over stays in memory for retries."),
     duration("dispatch.entity_idle", AT(dispatch.entity_idle), 1s, 24h,
              "Drivers and riders without session and trip leave memory."),
     duration("dispatch.forward_within", AT(dispatch.forward_within), 0s, 1h,
              "So near to the drop-off a driver may be offered the next "
              "trip.")});
}

void position_properties(list& out) {
  out.insert(
    out.end(),
    {duration("positions.future_max", AT(dispatch.positions.future_max), 0s, 1h,
              "Positions further ahead of the server's clock are dropped."),
     integer("positions.accuracy_max_m", AT(dispatch.positions.accuracy_max_m),
             1, 100'000, "Positions less accurate are dropped."),
     integer("positions.speed_max_m_s", AT(dispatch.positions.speed_max_m_s), 1,
             100'000,
             "Faster jumps are dropped. Raise it for compressed simulations."),
     duration("positions.late_after", AT(dispatch.positions.late_after), 1s, 1h,
              "Older positions count for the track only.")});
}

void matching_properties(list& out) {
  out.insert(
    out.end(),
    {integer("cell.level", AT(dispatch.cell_level), 11, 16,
             "S2 level of cells: 12 is about 2 km, 14 about 0.5 km."),
     integer("cell.index_bucket_m", AT(dispatch.index_bucket_m), 20, 10'000,
             "Grid width of the driver index, metres."),
     choice(
       "cell.policy", AT(dispatch.policy),
       "first-come-nearest, closest-pair, batch or batch+forward",
       [](match_policy x) { return to_string(x); },
       [](const std::string& x, match_policy& y) { return parse(x, y); },
       "How requests and drivers are paired."),
     integer("cell.candidates", AT(dispatch.candidates_k), 1, 200,
             "Drivers considered per request."),
     integer("cell.cover_cells_max", AT(dispatch.cover_cells_max), 1, 1000,
             "Cells asked for drivers per round."),
     integer("cell.batch_max", AT(dispatch.batch_max), 1, 10'000,
             "Requests in one round."),
     integer("cell.pickup_radius_m", AT(dispatch.gates.max_pickup_radius_m),
             100, 100'000, "Drivers farther from the pickup are not asked."),
     integer("cell.pickup_max_s", AT(dispatch.gates.max_pickup_s), 30, 7200,
             "Drivers later at the pickup are not asked, seconds."),
     duration("cell.position_max_age", AT(dispatch.gates.position_max_age), 5s,
              1h, "Drivers whose position is older are not asked."),
     integer("cell.immediate_at_milli", AT(dispatch.window.immediate_at_milli),
             1, 1'000'000,
             "Free drivers per request, in thousandths, from which requests "
             "are matched at once."),
     integer("cell.scarce_at_milli", AT(dispatch.window.scarce_at_milli), 0,
             1'000'000,
             "Free drivers per request, in thousandths, below which the window "
             "is the longest."),
     duration("cell.window_longest", AT(dispatch.window.longest), 0s, 1min,
              "The longest wait before a round of matching."),
     integer("cell.waiting_weight_milli",
             AT(dispatch.cost.waiting_weight_milli), 0, 10'000,
             "Credit per second waited, thousandths of a second of pickup."),
     duration("cell.idle", AT(dispatch.cell_idle), 1s, 24h,
              "A cell without drivers and requests leaves memory."),
     duration("cell.starvation_after", AT(dispatch.cost.starvation_after), 1s,
              1h, "Requests waiting longer go before all others."),
     integer("cell.idle_weight_milli", AT(dispatch.cost.idle_weight_milli), 0,
             10'000, "Credit per second that a driver was idle, thousandths."),
     integer("cell.detour_milli", AT(dispatch.eta.detour_milli), 1000, 5000,
             "Metres driven per 1000 m of straight line."),
     integer("cell.utc_offset_s", AT(dispatch.eta.utc_offset_s), -50'400,
             50'400, "Local time minus UTC, for speeds by hour.")});
}

void money_properties(list& out) {
  constexpr std::int64_t most = 1'000'000'000;
  out.insert(
    out.end(),
    {choice(
       "fares.currency", AT(dispatch.fares.unit), "an ISO 4217 code: \"USD\"",
       [](currency x) { return to_string(x); },
       [](const std::string& x, currency& y) { return parse_currency(x, y); },
       "Of all amounts, which are in its minor unit (cents)."),
     integer("fares.base", AT(dispatch.fares.base), 0, most, "Per ride."),
     integer("fares.per_km", AT(dispatch.fares.per_km), 0, most, "Per km."),
     integer("fares.per_minute", AT(dispatch.fares.per_minute), 0, most,
             "Per minute."),
     integer("fares.booking_fee", AT(dispatch.fares.booking_fee), 0, most,
             "Added after surge."),
     integer("fares.minimum", AT(dispatch.fares.minimum), 0, most,
             "No fare is below."),
     integer("fares.cancel_fee", AT(dispatch.fares.cancel_fee), 0, most,
             "For late cancellation by the rider."),
     integer("fares.no_show_fee", AT(dispatch.fares.no_show_fee), 0, most,
             "For a rider who does not come."),
     integer("fares.commission_milli", AT(dispatch.commission_milli), 0, 1000,
             "Of each fare, thousandths; the platform's part."),
     flag("surge.enabled", AT(dispatch.surge.enabled),
          "Prices follow demand over supply."),
     duration("surge.window", AT(dispatch.surge.window), 10s, 1h,
              "Demand and supply are counted over this."),
     duration("surge.update_every", AT(dispatch.surge.update_every), 1s, 1h,
              "Time between price updates."),
     duration("surge.half_life", AT(dispatch.surge.half_life), 1s, 24h,
              "Of the smoothing in time."),
     integer("surge.neighbour_weight_milli",
             AT(dispatch.surge.neighbour_weight_milli), 0, 1000,
             "Weight of the neighbouring cells, thousandths."),
     integer("surge.step_milli", AT(dispatch.surge.step_milli), 1, 10'000,
             "Largest change per update, thousandths."),
     integer("surge.floor_milli", AT(dispatch.surge.floor_milli), 100, 10'000,
             "Lowest multiplier, thousandths."),
     integer("surge.cap_milli", AT(dispatch.surge.cap_milli), 100, 100'000,
             "Highest multiplier, thousandths.")});
}

list all_properties() {
  list out;
  node_properties(out);
  auth_properties(out);
  gateway_properties(out);
  trip_properties(out);
  position_properties(out);
  matching_properties(out);
  money_properties(out);
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

} // namespace

const std::vector<property>& properties() {
  static const list all = all_properties();
  return all;
}

const property* find_property(std::string_view key) {
  for (auto& p : properties())
    if (p.key == key)
      return &p;
  return nullptr;
}

std::string nearest_key(std::string_view wrong) {
  auto name = [](std::string_view key) {
    return key.substr(key.rfind('.') + 1);
  };
  std::string best;
  auto least = std::max<std::size_t>(wrong.size() / 3, 2) + 1;
  for (auto& p : properties()) {
    // The right name in the wrong section is as near as a typing error.
    auto d = name(p.key) == name(wrong) ? 1 : edit_distance(wrong, p.key);
    if (d < least) {
      least = d;
      best = p.key;
    }
  }
  return best;
}

} // namespace hansom
