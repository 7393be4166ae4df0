#pragma once

#include "gateway/access/token.hpp"
#include "gateway/admission/admission.hpp"
#include "gateway/session/token_bucket.hpp"
#include "protocol/json/json.hpp"

#include <string>
#include <vector>

namespace hansom {

/// Every setting of the gateway, with its default. Read-only once it runs.
struct gateway_config {
  // -- where ------------------------------------------------------------------

  std::string address = "127.0.0.1";
  std::uint16_t port = 7400;    ///< 0: any free one, see `gateway::port`.
  unsigned threads = 1;         ///< Each with its own event loop; at most 64.
  std::string certificate_file; ///< PEM chain; empty: plain TCP.
  std::string private_key_file; ///< PEM.

  // -- who --------------------------------------------------------------------

  bool production = false; ///< Refuses shared-secret keys and any origin.
  std::vector<jwt_key> keys;
  /// Tokens that live longer are refused; so long a revocation is remembered.
  milliseconds token_life_max{30LL * 24 * 3600 * 1000};
  /// Origins of browsers that may connect; "*": all. Clients that send no
  /// Origin are no browsers and always may.
  std::vector<std::string> origins{"*"};

  /// A tile source for the console's map,
  /// "https://tiles.example/{z}/{x}/{y}.png"; empty: cells and cars on plain
  /// ground, and no foreign host is asked.
  std::string console_tiles;
  std::string console_tiles_credit; ///< Shown on the map.

  // -- how much ---------------------------------------------------------------

  std::uint32_t connections_max = 20'000;
  bucket_config handshakes{300, 600}; ///< Of the whole gateway.
  bucket_config commands{4, 20};      ///< Per session.
  bucket_config positions{5, 20};     ///< Frames per session.
  bucket_config faults{1, 20}; ///< Bad frames per session; then it is closed.
  std::uint32_t frame_max = inbound_frame_max; ///< Bytes, inbound.
  std::uint32_t in_flight_max = 16; ///< Unanswered commands per session.
  admission_config admission;       ///< Of new work, per thread.
  std::uint32_t outbound_bytes_max = 256 * 1024; ///< Per connection.
  std::uint32_t outbound_frames_max = 512;
  std::uint32_t ring_events_max = 256; ///< Kept for resume, per session.
  std::uint32_t ring_bytes_max = 64 * 1024;
  std::uint32_t http_header_max = 8 * 1024;
  std::uint32_t http_body_max = 256 * 1024;
  /// The kernel's send buffer: bounds what a slow client holds outside of the
  /// outbound cap. 0 leaves it to the kernel (up to 4 MB each).
  std::uint32_t send_buffer = 64 * 1024;

  // -- how long ---------------------------------------------------------------

  milliseconds hello_timeout{5'000};
  milliseconds heartbeat{20'000};     ///< Two missed and the socket closes.
  milliseconds session_kept{120'000}; ///< After the connection is lost.
  milliseconds attach_timeout{6'000}; ///< For the entity's answer.
  /// Then: unknown outcome. Longer than a write waits for a store that is gone,
  /// so that what surely did not happen is said to be so.
  milliseconds command_timeout{6'000};
  milliseconds write_timeout{15'000};  ///< One frame not taken by the client.
  milliseconds close_timeout{3'000};   ///< For the client's close frame.
  milliseconds http_timeout{10'000};   ///< One request, or idle keep-alive.
  milliseconds token_warning{60'000};  ///< Before a token expires.
  milliseconds position_flush{25};     ///< A batch per cell so often.
  milliseconds driver_refresh{15'000}; ///< `driver_moved` at least so often.
  milliseconds sweep{250};             ///< Grain of all timeouts above.
};

/// @returns an empty text when the settings are usable together, else which one
///          is not, why, and what would be right.
std::string check(const gateway_config& x);

} // namespace hansom
