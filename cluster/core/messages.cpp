#include "cluster/core/messages.hpp"

#include <array>

namespace hansom::core {

std::string to_string(control_kind x) {
  static constexpr std::array<const char*, 17> names = {
    "?",       "echo",    "echo_reply",  "ask_health", "health", "prepare",
    "ready",   "decline", "abandon",     "have_state", "own",    "end",
    "confirm", "moved",   "wrong_owner", "state",      "look"};
  auto i = static_cast<std::size_t>(x);
  return names[i < names.size() ? i : 0];
}

} // namespace hansom::core
