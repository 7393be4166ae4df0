#include "actors/messages.hpp"

#include <array>

namespace hansom {

std::string to_string(standing x) {
  constexpr std::array names = {"gone", "busy", "free", "soon_free"};
  return names.at(static_cast<std::size_t>(x));
}

std::string to_string(proposal_verdict x) {
  constexpr std::array names = {"held", "not_free", "off_shift", "no_session"};
  return names.at(static_cast<std::size_t>(x));
}

std::string to_string(driver_part x) {
  constexpr std::array names = {"yours", "withdrawn", "over"};
  return names.at(static_cast<std::size_t>(x));
}

} // namespace hansom
