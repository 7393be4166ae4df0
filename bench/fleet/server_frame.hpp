#pragma once

#include "protocol/client_messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hansom::fleet {

enum class frame_kind : std::uint8_t {
  welcome,
  ack,
  error,
  offer,
  offer_withdrawn,
  trip,
  receipt,
  driver_position,
  quote,
  nearby,
  surge,
  resync,
  go_away,
  heartbeat,
  token_expiring,
};
inline constexpr std::size_t frame_kind_count = 15;

/// @returns the frame's type on the wire: "offer.withdrawn".
const char* to_text(frame_kind x) noexcept;

/// A frame of the server, decoded as far as a client needs it.
struct server_frame {
  frame_kind kind = frame_kind::heartbeat;
  std::optional<std::uint64_t> seq;
  std::string re; ///< Id of the command answered.

  std::string session; ///< welcome
  std::uint32_t heartbeat_ms = 0;
  bool resumed = false;
  std::optional<driver_view> driver; ///< State, in welcome and resync.
  std::optional<rider_view> rider;

  trip_id trip;          ///< ack
  std::uint32_t rev = 0; ///< ack

  std::string code; ///< error
  std::string message;
  bool temporary = false;
  std::uint32_t wait_ms = 0; ///< error: retry after; go_away: reconnect after.

  std::optional<trip_view> view;
  std::optional<offer_view> offer;
  std::optional<offer_withdrawn_view> withdrawn;
  std::optional<quote_view> quote;
  std::optional<receipt_view> receipt;
};

/// Reads a frame.
/// @param is_driver whose state welcome and resync carry.
/// @returns `false` when it is none that the protocol knows; `why` says what
///          is wrong where.
bool read_frame(std::string_view text, bool is_driver, server_frame& out,
                std::string& why);

} // namespace hansom::fleet
