#pragma once

/// Bodies of the frames that a server sends, as JSON objects that begin with
/// "type". What belongs to the session (`seq`, `re`) is not in them: the
/// gateway splices it in, so that one body can serve many sessions. Bodies of
/// records are made by `json::frame("trip", view)`.

#include "protocol/client_messages.hpp"
#include "protocol/errors.hpp"
#include "protocol/json/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hansom {

/// A change of price where the client is.
struct surge_view {
  cell_id cell;
  std::uint32_t surge_milli = 1000; ///< 1250 means times 1.25.
  timestamp changed_at;
};
HANSOM_RECORD(surge_view, cell, surge_milli, changed_at)

/// Appends `body` with the session's fields right after its opening brace.
/// @param body a JSON object with at least one member.
/// @param seq number of a push that is replayed on resume.
/// @param re id of the command answered; nothing is spliced when it is empty.
void splice(std::string& out, std::string_view body,
            std::optional<std::uint64_t> seq, std::string_view re);

/// `{"type":"ack"}`: the command has taken effect, durably.
std::string ack_body();

/// @param message for people; the code's own sentence when empty.
/// @param retry_after_ms how long to wait before the same command may work.
std::string error_body(error_code code, std::string_view message = {},
                       std::optional<std::uint32_t> retry_after_ms = {});

/// The same for a frame that was not understood, with `where` (JSON pointer).
std::string error_body(const decode_error& error);

/// Answer to `hello`. The gateway splices `seq`, that of the last push.
/// @param resumed whether missed pushes follow; otherwise `state` is all.
/// @param state_json the client's full truth, a driver_view or rider_view.
std::string welcome_body(std::string_view session, std::uint32_t heartbeat_ms,
                         bool resumed, std::string_view state_json);

/// Full state in place of pushes that can no longer be replayed.
std::string resync_body(std::string_view state_json);

/// This gateway is closing; come back after that many milliseconds.
std::string go_away_body(std::uint32_t reconnect_ms);

/// The server's heartbeat.
std::string heartbeat_body();

/// The token ends soon; send `token.refresh`.
std::string token_expiring_body(timestamp expires_at);

} // namespace hansom
