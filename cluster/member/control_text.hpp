#pragma once

#include "cluster/core/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hansom {

/// A control message as it travels between nodes: fixed-width numbers, the
/// lowest byte first, after a version.
std::string to_bytes(const core::control& x);
/// @returns nothing when these bytes are no such message.
std::optional<core::control> to_control(std::string_view bytes);

} // namespace hansom
