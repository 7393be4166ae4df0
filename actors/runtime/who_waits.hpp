#pragma once

#include "actors/messages.hpp"

#include <caf/message.hpp>

namespace hansom {

/// @returns the client who waits for what comes of a message; null: nobody.
const client_ref* who_waits(const caf::message& x);

} // namespace hansom
