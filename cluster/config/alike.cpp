#include "cluster/config/alike.hpp"

#include "cluster/config/property.hpp"
#include "protocol/ids.hpp"

namespace hansom {

namespace {

/// Cells get their names from the level, leases their length from the scale;
/// with two prefixes, sessions and places of one node are lost on the next.
constexpr std::string_view alike[] = {"cell.level", "cluster.name",
                                      "cluster.time_scale", "redis.prefix",
                                      "redis.city"};

} // namespace

std::string alike_settings(const settings& x) {
  std::string out;
  for (auto key : alike)
    out += (out.empty() ? "" : ", ") + std::string{key} + " = "
           + find_property(key)->show(x);
  return out;
}

std::uint64_t alike_hash(const settings& x) {
  std::uint64_t out = 1;
  for (auto c : alike_settings(x))
    out = mix64(out ^ static_cast<unsigned char>(c));
  // The store's numbers have a sign; 0 is "not compared".
  return (out & 0x7fff'ffff'ffff'ffffULL) | 1;
}

} // namespace hansom
