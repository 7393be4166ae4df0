#pragma once

#include "protocol/ids.hpp"

#include <caf/type_erased_tuple.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>

namespace hansom {

/// Which message, as probes and their readers count them: small, so that it
/// fits into tables and into a word with other things. 0 is any other.
using message_kind = std::uint8_t;

/// All kinds are below this.
inline constexpr std::size_t message_kinds_max = 96;

/// @returns the kind of a message's first element that says more than who
///          sent it: commands are (client_ref, command).
message_kind kind_of(const caf::type_erased_tuple& x) noexcept;

/// @returns the kind of an element type by CAF's number of it; 0 for others.
message_kind kind_of_type(std::uint16_t caf_type) noexcept;

/// The same for types that never leave the node and have no number.
message_kind kind_of_local(const std::type_info& type) noexcept;

/// @returns "want_driver"; "message" for kind 0.
std::string_view name_of(message_kind x) noexcept;

/// Comes all the time and says little: positions, alarms, the console itself.
/// Kept out of an actor's short memory of its last messages.
bool is_routine(message_kind x) noexcept;

/// @returns the trip that a message is about; none when it is about none, or
///          about many.
trip_id trip_in(const caf::type_erased_tuple& x, message_kind kind) noexcept;

/// @returns a message for people, cut to `size_max` bytes; printable ASCII.
///          Without sessions, which are half a secret.
std::string text_of(const caf::type_erased_tuple& x, message_kind kind,
                    std::size_t size_max);

} // namespace hansom
