#pragma once

/// Every type that an actor message is made of. Order is ABI between nodes: add
/// at the end.

#include "actors/cell/cell_picture.hpp"
#include "actors/messages.hpp"
#include "persistence/journal_writer.hpp"

#include <caf/all.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(hansom, caf::first_custom_type_id)

  CAF_ADD_TYPE_ID(hansom, (hansom::entity_ref))
  CAF_ADD_TYPE_ID(hansom, (hansom::session_ref))
  CAF_ADD_TYPE_ID(hansom, (hansom::client_ref))
  CAF_ADD_TYPE_ID(hansom, (hansom::attach))
  CAF_ADD_TYPE_ID(hansom, (hansom::detach))
  CAF_ADD_TYPE_ID(hansom, (hansom::position_batch))
  CAF_ADD_TYPE_ID(hansom, (hansom::driver_moved))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_position))
  CAF_ADD_TYPE_ID(hansom, (hansom::driver_status))
  CAF_ADD_TYPE_ID(hansom, (hansom::want_driver))
  CAF_ADD_TYPE_ID(hansom, (hansom::unwant_driver))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_proposal))
  CAF_ADD_TYPE_ID(hansom, (hansom::proposal_answer))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_held))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_taken))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_ended))
  CAF_ADD_TYPE_ID(hansom, (hansom::borrow))
  CAF_ADD_TYPE_ID(hansom, (hansom::lend))
  CAF_ADD_TYPE_ID(hansom, (hansom::surge_hint))
  CAF_ADD_TYPE_ID(hansom, (hansom::open_trip))
  CAF_ADD_TYPE_ID(hansom, (hansom::open_failed))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_for_rider))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_for_driver))
  CAF_ADD_TYPE_ID(hansom, (hansom::tell_again))
  CAF_ADD_TYPE_ID(hansom, (hansom::nearly_free))
  CAF_ADD_TYPE_ID(hansom, (hansom::your_turn))
  CAF_ADD_TYPE_ID(hansom, (hansom::driver_unreachable))
  CAF_ADD_TYPE_ID(hansom, (hansom::driver_near))
  CAF_ADD_TYPE_ID(hansom, (hansom::alarm_rang))
  CAF_ADD_TYPE_ID(hansom, (hansom::describe))
  CAF_ADD_TYPE_ID(hansom, (hansom::explain))
  CAF_ADD_TYPE_ID(hansom, (hansom::passivate))
  CAF_ADD_TYPE_ID(hansom, (hansom::shift_start))
  CAF_ADD_TYPE_ID(hansom, (hansom::shift_end))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_accept))
  CAF_ADD_TYPE_ID(hansom, (hansom::offer_decline))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_arrived))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_start))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_complete))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_cancel))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_no_show))
  CAF_ADD_TYPE_ID(hansom, (hansom::quote_ask))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_request))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_rate))
  CAF_ADD_TYPE_ID(hansom, (hansom::nearby_ask))
  CAF_ADD_TYPE_ID(hansom, (hansom::surge_news))
  CAF_ADD_TYPE_ID(hansom, (hansom::trip_end))
  CAF_ADD_TYPE_ID(hansom, (hansom::map_ask))
  CAF_ADD_TYPE_ID(hansom, (hansom::cell_picture))
  CAF_ADD_TYPE_ID(hansom, (hansom::believed_trip))

CAF_END_TYPE_ID_BLOCK(hansom)
