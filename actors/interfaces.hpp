#pragma once

/// Every entity actor's interface: what it may be told. The best picture of
/// how the actors talk; it cannot go stale.

#include "actors/type_ids.hpp"

#include <caf/typed_actor.hpp>

namespace hansom {

/// Common to all entities.
using entity_actor = caf::typed_actor<
  // A deadline that the entity has set itself; token 0: you are back in memory.
  caf::reacts_to<alarm_rang>,
  // The console asks; the answer is a JSON object.
  caf::replies_to<describe>::with<std::string>,
  // Operations ask it to leave memory when it can.
  caf::reacts_to<passivate>>;

/// Common to entities that write to the journal.
using journalled_actor = entity_actor::extend<caf::reacts_to<commit_result>,
                                              caf::reacts_to<lookup_result>>;

/// The DRIVER. One per driver; lives in the driver's shard. Decides alone
/// whether the driver is free and which one offer he holds.
using driver_actor = journalled_actor::extend<
  caf::reacts_to<attach>, caf::reacts_to<detach>, caf::reacts_to<believed_trip>,
  caf::reacts_to<driver_moved>,
  // A cell proposes a trip; a refusal is a `proposal_answer` to the cell.
  caf::reacts_to<offer_proposal>,
  // The trip says what became durable.
  caf::reacts_to<trip_for_driver>, caf::reacts_to<nearly_free>,
  // The cell in whose books he is says its new price.
  caf::reacts_to<surge_news>, caf::reacts_to<client_ref, shift_start>,
  caf::reacts_to<client_ref, shift_end>,
  caf::reacts_to<client_ref, offer_accept>,
  caf::reacts_to<client_ref, offer_decline>>;

/// The RIDER. Decides alone whether the rider has an active trip.
using rider_actor = journalled_actor::extend<
  caf::reacts_to<attach>, caf::reacts_to<detach>, caf::reacts_to<believed_trip>,
  caf::reacts_to<open_failed>, caf::reacts_to<trip_for_rider>,
  caf::reacts_to<driver_near>, caf::reacts_to<client_ref, trip_request>>;

/// The TRIP. Lives in its pickup cell's shard. Owns the state machine, the
/// fare, the one driver.
using trip_actor = journalled_actor::extend<
  caf::reacts_to<open_trip>, caf::reacts_to<offer_held>,
  caf::reacts_to<offer_taken>, caf::reacts_to<offer_ended>,
  caf::reacts_to<your_turn>, caf::reacts_to<driver_unreachable>,
  caf::reacts_to<trip_position>, caf::reacts_to<tell_again>,
  caf::reacts_to<client_ref, trip_arrived>,
  caf::reacts_to<client_ref, trip_start>,
  caf::reacts_to<client_ref, trip_complete>,
  caf::reacts_to<client_ref, trip_cancel>,
  caf::reacts_to<client_ref, trip_no_show>,
  caf::reacts_to<client_ref, trip_rate>,
  // Operations end a trip whose driver does not.
  caf::reacts_to<client_ref, trip_end>>;

/// The CELL. Proposes which free driver serves which waiting request, at which
/// surge; assumes nothing of the outcome.
using cell_actor = entity_actor::extend<
  caf::reacts_to<position_batch>, caf::reacts_to<driver_status>,
  caf::reacts_to<want_driver>, caf::reacts_to<unwant_driver>,
  caf::reacts_to<proposal_answer>, caf::reacts_to<borrow>, caf::reacts_to<lend>,
  caf::reacts_to<surge_hint>,
  // A surge change has become durable.
  caf::reacts_to<commit_result>, caf::replies_to<explain>::with<std::string>,
  caf::replies_to<map_ask>::with<cell_picture>,
  caf::reacts_to<client_ref, quote_ask>,
  caf::reacts_to<client_ref, nearby_ask>>;

} // namespace hansom
