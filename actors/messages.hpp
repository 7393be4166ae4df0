#pragma once

/// What actors tell each other. Everything here may cross nodes: names, never
/// handles; integers, never floating point. Field order is the wire layout.

#include "protocol/client_messages.hpp"
#include "protocol/record.hpp"
#include "protocol/trace_context.hpp"

#include <caf/optional.hpp>

#include <string>
#include <vector>

namespace hansom {

// -- clients ------------------------------------------------------------------

/// Where a client's frames go: one session of one gateway worker of one node.
struct session_ref {
  std::uint64_t node = 0;   ///< Incarnation of the gateway's process.
  std::uint16_t worker = 0; ///< Gateway thread.
  std::uint64_t session = 0;

  friend auto operator<=>(const session_ref&, const session_ref&) = default;
};
HANSOM_RECORD(session_ref, node, worker, session)

/// Who said a command. Travels as the first element of every command message:
/// (client_ref, offer_accept).
struct client_ref {
  session_ref session;
  entity_ref client;        ///< The authenticated driver or rider.
  std::string command;      ///< Client message id: the idempotency key.
  trace_context trace = {}; ///< The command's span; zero: not recorded.
};
HANSOM_RECORD(client_ref, session, client, command, trace)

/// GATEWAY -> DRIVER | RIDER. A session has authenticated. Answered through
/// the client port with `attached`.
struct attach {
  session_ref session;
  std::string device;
};
HANSOM_RECORD(attach, session, device)

/// GATEWAY -> DRIVER | RIDER. The connection is gone.
struct detach {
  session_ref session;
};
HANSOM_RECORD(detach, session)

/// GATEWAY -> DRIVER | RIDER, after the welcome. The session's client believes
/// that it is on this trip; when it is not, it wants to hear how that ended.
struct believed_trip {
  session_ref session;
  trip_id trip;
};
HANSOM_RECORD(believed_trip, session, trip)

// -- positions ----------------------------------------------------------------

/// GATEWAY -> CELL. Latest positions of drivers inside the cell, packed by
/// `pack_positions`: 5 ns an element instead of 100.
struct position_batch {
  std::string packed;
};
HANSOM_RECORD(position_batch, packed)

/// GATEWAY -> DRIVER. First position of a session, change of cell, and every
/// `status_refresh` in between.
struct driver_moved {
  cell_id cell;
  geo_point at;
  timestamp time;
};
HANSOM_RECORD(driver_moved, cell, at, time)

/// GATEWAY -> TRIP. Each accepted position of a driver with a trip.
struct trip_position {
  driver_id driver;
  geo_point at;
  std::uint16_t heading_deg = 0;
  timestamp time;
  bool track_only = false; ///< Buffered while offline: no ETA from it.
};
HANSOM_RECORD(trip_position, driver, at, heading_deg, time, track_only)

// -- matching -----------------------------------------------------------------

/// How a driver stands in a cell's index.
enum class standing : std::uint8_t {
  gone, ///< Not in this cell any more.
  busy, ///< Here, counted as supply, not to be proposed.
  free,
  soon_free, ///< Finishes a trip here: forward dispatch.
};
std::string to_string(standing x);

/// DRIVER -> CELL. Idempotent; repeated every `status_refresh`.
struct driver_status {
  driver_id driver;
  standing now = standing::gone;
  geo_point at;             ///< With soon_free: the drop-off.
  timestamp time;           ///< Of the position.
  std::uint8_t classes = 1; ///< Bit per service_class.
  timestamp free_since;
  timestamp free_at;     ///< With soon_free: estimated.
  std::uint64_t rev = 0; ///< Rises with each change; older is ignored.
};
HANSOM_RECORD(driver_status, driver, now, at, time, classes, free_since,
              free_at, rev)

/// TRIP -> CELL. The trip waits for a driver. Idempotent; repeated while it
/// waits, so that a cell that moved or restarted learns of it.
struct want_driver {
  trip_id trip;
  rider_id rider;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  money fare;
  timestamp requested_at;
  std::uint32_t rev = 0; ///< The trip's; rises with each offer closed.
  std::vector<driver_id> excluded; ///< Declined, timed out or cancelled it.
  trace_context trace = {};        ///< The search's span; zero: not recorded.
};
HANSOM_RECORD(want_driver, trip, rider, pickup, dropoff, service, fare,
              requested_at, rev, excluded, trace)

/// TRIP -> CELL. The trip has a driver, or is over.
struct unwant_driver {
  trip_id trip;
  bool matched = false;
};
HANSOM_RECORD(unwant_driver, trip, matched)

/// CELL -> DRIVER. Reserve yourself for this trip. At most one live offer.
struct offer_proposal {
  cell_id cell; ///< Who proposes; hears `proposal_answer`.
  trip_id trip;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  money fare;
  std::uint32_t eta_s = 0;
  std::uint32_t distance_m = 0;
  bool queued = false;
};
HANSOM_RECORD(offer_proposal, cell, trip, pickup, dropoff, service, fare, eta_s,
              distance_m, queued)

enum class proposal_verdict : std::uint8_t {
  held,     ///< The offer is out.
  not_free, ///< Another cell was faster, or the driver has a trip.
  off_shift,
  no_session,
};
std::string to_string(proposal_verdict x);

/// DRIVER -> CELL. Refusals only: what he takes, his trip makes known.
struct proposal_answer {
  trip_id trip;
  driver_id driver;
  proposal_verdict verdict = proposal_verdict::held;
};
HANSOM_RECORD(proposal_answer, trip, driver, verdict)

/// DRIVER -> TRIP. The driver's client has your offer.
struct offer_held {
  driver_id driver;
  timestamp offered_at;
  std::uint32_t eta_s = 0;
  bool queued = false;
};
HANSOM_RECORD(offer_held, driver, offered_at, eta_s, queued)

/// DRIVER -> TRIP. The driver takes it; the trip commits and answers `from`.
struct offer_taken {
  client_ref from;
  driver_id driver;
  timestamp offered_at;
  std::uint32_t eta_s = 0;
  bool queued = false;
  caf::optional<std::string> vehicle;
};
HANSOM_RECORD(offer_taken, from, driver, offered_at, eta_s, queued, vehicle)

/// DRIVER -> TRIP. The offer is over without an acceptance.
/// With a decline, `from` waits for the answer.
struct offer_ended {
  driver_id driver;
  timestamp offered_at;
  offer_outcome outcome = offer_outcome::declined;
  caf::optional<client_ref> from;
};
HANSOM_RECORD(offer_ended, driver, offered_at, outcome, from)

struct borrow_item {
  trip_id trip;
  geo_point pickup;
  service_class service = service_class::standard;
  timestamp requested_at;
  std::vector<driver_id> excluded;
};
HANSOM_RECORD(borrow_item, trip, pickup, service, requested_at, excluded)

/// CELL -> neighbouring CELL. Which of your drivers could serve these?
struct borrow {
  cell_id from;
  std::uint64_t round = 0;
  std::uint32_t radius_m = 0;
  std::uint16_t k = 0; ///< At most so many per item.
  std::vector<borrow_item> items;
};
HANSOM_RECORD(borrow, from, round, radius_m, k, items)

struct lent_driver {
  driver_id driver;
  geo_point at;
  timestamp time;
  std::uint8_t classes = 1;
  timestamp free_since;
  timestamp free_at; ///< Zero: free now.
};
HANSOM_RECORD(lent_driver, driver, at, time, classes, free_since, free_at)

/// The neighbour's answer: candidates for all items together, each once.
struct lend {
  cell_id from;
  std::uint64_t round = 0;
  std::vector<lent_driver> drivers;
};
HANSOM_RECORD(lend, from, round, drivers)

/// CELL -> neighbouring CELL, every surge update.
struct surge_hint {
  cell_id from;
  std::uint32_t ratio_milli = 0; ///< Own demand over supply, smoothed in time.
  timestamp at;
};
HANSOM_RECORD(surge_hint, from, ratio_milli, at)

// -- trips --------------------------------------------------------------------

/// RIDER -> TRIP. The first message of a trip.
struct open_trip {
  client_ref from;
  rider_id rider;
  geo_point pickup;
  geo_point dropoff;
  service_class service = service_class::standard;
  quote_id quote;
  money fare;
  std::uint32_t surge_milli = 1000;
  std::uint32_t distance_m = 0;
  std::uint32_t duration_s = 0;
};
HANSOM_RECORD(open_trip, from, rider, pickup, dropoff, service, quote, fare,
              surge_milli, distance_m, duration_s)

/// TRIP -> RIDER. The trip could not be opened; the client has been told.
struct open_failed {
  trip_id trip;
  trip_id opened_before; ///< By the same request, said earlier; zero: none.
};
HANSOM_RECORD(open_failed, trip, opened_before)

/// TRIP -> RIDER, after each durable change. `receipt` when completed.
struct trip_for_rider {
  trip_view view;
  caf::optional<receipt_view> receipt;
};
HANSOM_RECORD(trip_for_rider, view, receipt)

/// What a durable change of a trip means for a driver.
enum class driver_part : std::uint8_t {
  yours,     ///< Assigned to him, or a later step of his trip.
  withdrawn, ///< The offer that he holds is gone.
  over,      ///< His trip has ended, or he was released from it.
};
std::string to_string(driver_part x);

/// TRIP -> DRIVER, after each durable change.
struct trip_for_driver {
  driver_part part = driver_part::yours;
  trip_view view;
  caf::optional<receipt_view> receipt;
};
HANSOM_RECORD(trip_for_driver, part, view, receipt)

/// RIDER | DRIVER -> TRIP. Say again where you are (after a restart).
struct tell_again {
  entity_ref who;
};
HANSOM_RECORD(tell_again, who)

/// TRIP -> DRIVER. The drop-off is near; queue the next trip from there.
struct nearly_free {
  trip_id trip;
  geo_point dropoff;
  timestamp free_at;
};
HANSOM_RECORD(nearly_free, trip, dropoff, free_at)

/// DRIVER -> TRIP. Your driver's earlier trip is over: go.
struct your_turn {
  driver_id driver;
};
HANSOM_RECORD(your_turn, driver)

/// DRIVER -> TRIP. The driver is out of reach or off shift.
struct driver_unreachable {
  driver_id driver;
  std::string reason;
};
HANSOM_RECORD(driver_unreachable, driver, reason)

/// TRIP -> RIDER. Latest-wins: where the car is.
struct driver_near {
  driver_position_view view;
};
HANSOM_RECORD(driver_near, view)

// -- housekeeping -------------------------------------------------------------

/// ALARMS -> any entity. The entity compares `token` with what it waits for.
struct alarm_rang {
  std::uint64_t token = 0;
};
HANSOM_RECORD(alarm_rang, token)

/// Console -> any entity, high priority; answered with a JSON object.
struct describe {};
HANSOM_EMPTY_RECORD(describe)

/// Console -> CELL: the match explanation of a trip; JSON, or empty.
struct explain {
  trip_id trip;
};
HANSOM_RECORD(explain, trip)

/// Operations -> any entity: leave memory; state stays in the store.
struct passivate {};
HANSOM_EMPTY_RECORD(passivate)

// -- operations ---------------------------------------------------------------

/// OPERATIONS -> TRIP, after a client_ref whose client is the trip itself: end,
/// although the driver does not say so.
struct trip_end {
  trip_phase as = trip_phase::cancelled; ///< Or completed.
  std::string reason;                    ///< Rider and driver read it.
  std::string operator_name;             ///< Who says so; for the journal.
};
HANSOM_RECORD(trip_end, as, reason, operator_name)

// -- prices -------------------------------------------------------------------

/// CELL -> DRIVER, after each durable change of its price.
struct surge_news {
  cell_id cell;
  std::uint32_t surge_milli = 1000;
  timestamp at;
};
HANSOM_RECORD(surge_news, cell, surge_milli, at)

} // namespace hansom
