#pragma once

#include <string>

namespace hansom::verbs {

/// Asks on the terminal for a name to be typed.
/// @param why what is about to happen, as sentences without the last full stop.
/// @param instead the flag that says so beforehand.
/// @returns whether it was; tells why not.
bool confirmed(const std::string& name, const std::string& why,
               const std::string& instead);

} // namespace hansom::verbs
