#include "protocol/errors.hpp"

#include <array>

namespace hansom {

namespace {

struct error_row {
  error_code code;
  error_facts facts;
};

using ec = error_code;

constexpr std::array<error_row, error_code_count> errors = {{
  {ec::none, {"none", "No error.", false, 200}},
  {ec::bad_json,
   {"frame.bad_json", "The frame is not one JSON object.", false, 400}},
  {ec::bad_utf8, {"frame.bad_utf8", "The frame is not UTF-8.", false, 400}},
  {ec::too_large,
   {"frame.too_large", "The frame is larger than 4096 bytes.", false, 413}},
  {ec::too_deep,
   {"frame.too_deep", "The frame nests deeper than 8 levels.", false, 400}},
  {ec::unknown_type,
   {"frame.unknown_type", "There is no message of this type.", false, 400}},
  {ec::missing_field,
   {"frame.missing_field", "A required field is missing.", false, 400}},
  {ec::unknown_field,
   {"frame.unknown_field", "The message has no such field.", false, 400}},
  {ec::wrong_type,
   {"frame.wrong_type", "A field has a value of the wrong type.", false, 400}},
  {ec::out_of_range,
   {"frame.out_of_range", "A value is outside its range.", false, 400}},
  {ec::not_text,
   {"frame.not_text", "Frames must be text, not binary.", false, 400}},
  {ec::hello_expected,
   {"session.hello_expected", "The first frame must be hello.", false, 400}},
  {ec::hello_timeout,
   {"session.hello_timeout", "No hello within the time allowed.", false, 408}},
  {ec::unauthenticated,
   {"session.unauthenticated", "The token is missing or not valid.", false,
    401}},
  {ec::token_expired,
   {"session.token_expired", "The token has expired; get a new one.", false,
    401}},
  {ec::forbidden,
   {"session.forbidden", "This client may not do that.", false, 403}},
  {ec::rate_limited,
   {"session.rate_limited", "Too many messages; slow down.", true, 429}},
  {ec::too_many_in_flight,
   {"session.too_many_in_flight",
    "Too many commands wait for an answer; wait for some.", true, 429}},
  {ec::draining,
   {"session.draining", "This gateway is closing; reconnect.", true, 503}},
  {ec::illegal_transition,
   {"trip.illegal_transition", "The trip's state does not allow that.", false,
    409}},
  {ec::not_your_trip,
   {"trip.not_yours", "The trip belongs to somebody else.", false, 403}},
  {ec::no_such_trip, {"trip.unknown", "There is no such trip.", false, 404}},
  {ec::rider_busy,
   {"rider.busy", "The rider already has a trip under way.", false, 409}},
  {ec::quote_invalid,
   {"quote.invalid", "The quote was not issued here or was altered.", false,
    400}},
  {ec::quote_expired,
   {"quote.expired", "The quote has expired; ask for a new one.", false, 410}},
  {ec::quote_used,
   {"quote.used", "The quote was honoured already; ask for a new one.", false,
    409}},
  {ec::no_such_offer,
   {"offer.unknown", "No such offer was made to this driver.", false, 404}},
  {ec::offer_gone, {"offer.gone", "The offer is no longer open.", false, 410}},
  {ec::not_on_shift,
   {"shift.not_started", "The driver is not on shift.", false, 409}},
  {ec::already_on_shift,
   {"shift.already_started", "The driver is on shift already.", false, 409}},
  {ec::shift_ends_after_trip,
   {"shift.ends_after_trip", "The shift already ends after this trip.", false,
    409}},
  {ec::too_early,
   {"trip.too_early", "It is too early for that; try again later.", true, 409}},
  {ec::too_far,
   {"trip.too_far", "The last position is too far from the place.", true, 409}},
  {ec::overloaded,
   {"system.overloaded", "Too much load; try again shortly.", true, 503}},
  {ec::store_unavailable,
   {"store.unavailable", "The store does not answer; try again.", true, 503}},
  {ec::moved,
   {"system.moved", "The entity is moving to another node; try again.", true,
    503}},
  {ec::unknown_outcome,
   {"system.unknown_outcome",
    "The outcome is unknown; ask again with the same id.", true, 504}},
  {ec::internal,
   {"system.internal", "An internal error; ask again with the same id.", true,
    500}},
  {ec::position_unknown,
   {"trip.position_unknown",
    "No position of the driver is known yet; send one first.", true, 409}},
}};

constexpr bool errors_complete() {
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const auto& row = errors[i];
    if (static_cast<std::size_t>(row.code) != i || row.facts.code.empty()
        || row.facts.sentence.empty() || row.facts.http < 200)
      return false;
    for (std::size_t j = 0; j < i; ++j)
      if (errors[j].facts.code == row.facts.code)
        return false;
  }
  return true;
}

static_assert(errors_complete(),
              "every error code needs its row, in order, with its own name");

constexpr std::array<close_facts, 12> closes = {{
  {close_code::slow_client, "reads too slowly", "resume"},
  {close_code::heartbeat_missed, "two heartbeats missed", "resume"},
  {close_code::going_away, "this gateway is going away", "resume"},
  {close_code::token_refresh, "the token has expired", "re-identify"},
  {close_code::internal, "internal error", "resume"},
  {close_code::overloaded, "overloaded, come back later", "resume"},
  {close_code::replaced, "replaced by a newer session of the device", "stop"},
  {close_code::unauthenticated, "the token is missing or not valid", "stop"},
  {close_code::hello_timeout, "no hello in time", "stop"},
  {close_code::protocol_violation, "protocol violation", "stop"},
  {close_code::rate_limited, "kept sending above the rate limit", "stop"},
  {close_code::forbidden, "this client may not connect here", "stop"},
}};

constexpr bool closes_complete() {
  for (const auto& row : closes) {
    auto code = static_cast<int>(row.code);
    // RFC 6455 leaves 123 bytes for the reason.
    if (row.reason.empty() || row.reason.size() > 123)
      return false;
    if ((code >= 4500) != (row.client_action == "stop"))
      return false;
  }
  return true;
}

static_assert(closes_complete(), "4500 and above mean: do not come back");

} // namespace

const error_facts& facts(error_code x) noexcept {
  auto index = static_cast<std::size_t>(x);
  if (index >= errors.size())
    index = static_cast<std::size_t>(error_code::internal);
  return errors[index].facts;
}

const close_facts& facts(close_code x) noexcept {
  for (const auto& row : closes)
    if (row.code == x)
      return row;
  return facts(close_code::internal);
}

} // namespace hansom
