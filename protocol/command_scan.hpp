#pragma once

#include "protocol/json/json.hpp"

#include <string_view>

namespace hansom {

/// The commands of a ride in their plain form, without a document: answers to
/// offers, the steps of a trip, quotes, requests, heartbeats.
/// @returns whether `out` is set, exactly as `decode_document` would;
///          otherwise it may be anything else, or wrong: use the full decoder.
bool scan_command(std::string_view text, decoded_frame& out);

} // namespace hansom
