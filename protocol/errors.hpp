#pragma once

#include <cstdint>
#include <string_view>

namespace hansom {

/// Everything a client can be refused for. Names travel as `code` in
/// `{"type":"error"}` and in problem details: add at the end, never renumber.
enum class error_code : std::uint8_t {
  none = 0,
  // The frame itself.
  bad_json,
  bad_utf8,
  too_large,
  too_deep,
  unknown_type,
  missing_field,
  unknown_field,
  wrong_type,
  out_of_range,
  not_text,
  // The session.
  hello_expected,
  hello_timeout,
  unauthenticated,
  token_expired,
  forbidden,
  rate_limited,
  too_many_in_flight,
  draining,
  // Rides.
  illegal_transition,
  not_your_trip,
  no_such_trip,
  rider_busy,
  quote_invalid,
  quote_expired,
  quote_used,
  no_such_offer,
  offer_gone,
  not_on_shift,
  already_on_shift,
  shift_ends_after_trip,
  too_early,
  too_far,
  // The system. All temporary.
  overloaded,
  store_unavailable,
  moved,
  unknown_outcome,
  internal,
  // Added later; the order is fixed.
  position_unknown,
};
inline constexpr std::size_t error_code_count =
  static_cast<std::size_t>(error_code::position_unknown) + 1;

/// What a client is told about an error.
struct error_facts {
  std::string_view code;     ///< Stable: "trip.illegal_transition".
  std::string_view sentence; ///< Default text for people.
  bool temporary;            ///< The same command may work later.
  std::uint16_t http;        ///< Status where it is met over HTTP.
};

const error_facts& facts(error_code x) noexcept;

/// Websocket close codes. 4000-4499: reconnect; 4500-4999: do not.
enum class close_code : std::uint16_t {
  slow_client = 4000,
  heartbeat_missed = 4001,
  going_away = 4002,
  token_refresh = 4003,
  internal = 4004,
  overloaded = 4005,
  replaced = 4500,
  unauthenticated = 4501,
  hello_timeout = 4502,
  protocol_violation = 4503,
  rate_limited = 4504,
  forbidden = 4505,
};

struct close_facts {
  close_code code;
  std::string_view reason;        ///< Travels in the close frame.
  std::string_view client_action; ///< resume, re-identify or stop.
};

const close_facts& facts(close_code x) noexcept;

} // namespace hansom
