#include "actors/messages.hpp"

#include <array>
#include <string_view>

namespace hansom {

namespace {

template <class Enum, std::size_t N>
std::string name_of(Enum x, const std::array<std::string_view, N>& names) {
  auto i = static_cast<std::size_t>(x);
  return i < N ? std::string{names[i]} : "?" + std::to_string(i);
}

} // namespace

std::string to_string(standing x) {
  static constexpr std::array<std::string_view, 4> names = {
    "gone", "busy", "free", "soon_free"};
  return name_of(x, names);
}

std::string to_string(proposal_verdict x) {
  static constexpr std::array<std::string_view, 4> names = {
    "held", "not_free", "off_shift", "no_session"};
  return name_of(x, names);
}

std::string to_string(driver_part x) {
  static constexpr std::array<std::string_view, 3> names = {
    "yours", "withdrawn", "over"};
  return name_of(x, names);
}

} // namespace hansom
