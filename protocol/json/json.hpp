#pragma once

#include "protocol/client_messages.hpp"
#include "protocol/trace_context.hpp"

#include <string>
#include <string_view>

namespace hansom {

/// Why a frame or a stored document was not understood, ready for a client.
struct decode_error {
  error_code code = error_code::none;
  std::string where;   ///< JSON pointer of the culprit, "/pickup/lat".
  std::string message; ///< What is wrong there and what would be right.
};

/// A frame as the gateway hands it on.
struct decoded_frame {
  std::string id;    ///< Client message id; empty where none is needed.
  traceparent trace; ///< The client's, when it said one.
  client_message body;
};

inline constexpr std::size_t inbound_frame_max = 4096;
inline constexpr std::size_t json_depth_max = 8;
inline constexpr std::size_t message_id_max = 64;
inline constexpr std::size_t position_points_max = 50;

/// Decodes one text frame, strictly: size, UTF-8, syntax, depth, type, fields,
/// ranges. Positions take `scan_position` first and build no document; pass
/// the same `out` again and again to keep its memory.
/// @returns whether `out` is set; otherwise `error` says why, `out.id` is the
///          frame's id as far as there was a good one (for the answer's "re"),
///          and `out.body` is unspecified.
bool decode_frame(std::string_view text, decoded_frame& out,
                  decode_error& error);

/// The same without the hot path, by way of a document. Tests hold
/// `scan_position` against it.
bool decode_document(std::string_view text, decoded_frame& out,
                     decode_error& error);

/// Writes a frame as a client does; `decode_frame` reads it back. For the
/// simulated fleet and for tests.
/// @param id left out when empty.
/// @param trace left out when it is nothing.
std::string encode_frame(std::string_view id, const client_message& body,
                         const traceparent& trace = {});

/// The hot path: a flat scanner for `{"type":"position",...}` frames in any
/// field order, one point or `points`. Allocates nothing beyond `out`, uses no
/// floating point.
/// @returns 1 decoded, exactly as `decode_document` would; 0 not a plain
///          position frame (use the full decoder, it will decode it or name
///          the error), `out` is then unspecified.
int scan_position(std::string_view text, position& out) noexcept;

/// The `type` of a client message in JSON: "offer.accept".
std::string_view type_name(const client_message& x) noexcept;
/// The same by the place in `client_message`.
std::string_view type_name(std::size_t index) noexcept;

} // namespace hansom
