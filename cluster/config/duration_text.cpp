#include "cluster/config/duration_text.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace hansom {

namespace {

struct unit {
  std::string_view name;
  std::int64_t ms;
};

constexpr std::array<unit, 5> units{
  {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

} // namespace

bool parse_duration(std::string_view text, milliseconds& out) noexcept {
  std::int64_t n = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, n);
  if (error != std::errc{} || n < 0)
    return false;
  std::string_view name{rest, static_cast<std::size_t>(end - rest)};
  for (auto& x : units)
    if (x.name == name) {
      if (n > std::numeric_limits<std::int64_t>::max() / x.ms)
        return false;
      out = milliseconds{n * x.ms};
      return true;
    }
  return false;
}

std::string duration_text(milliseconds x) {
  if (x.count() == 0)
    return "0s";
  for (auto& u : units)
    if (x.count() % u.ms == 0)
      return std::to_string(x.count() / u.ms) + std::string{u.name};
  return std::to_string(x.count()) + "ms";
}

} // namespace hansom
