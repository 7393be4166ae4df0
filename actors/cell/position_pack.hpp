#pragma once

#include "protocol/geo.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The content of a `position_batch`: one version byte, then positions of 26
/// bytes each, little-endian: driver (8), latitude (4), longitude (4), time
/// (8), heading (2). All functions are pure and thread-safe.
namespace hansom {

/// One driver's latest position on its way to a cell.
struct packed_position {
  driver_id driver;
  geo_point at;
  timestamp time;                ///< When the driver's client measured it.
  std::uint16_t heading_deg = 0; ///< 0 to 359.

  friend bool operator==(const packed_position&,
                         const packed_position&) = default;
};

inline constexpr char position_pack_version = 1;
inline constexpr std::size_t packed_position_size = 26;
/// Senders start a new batch at this many; larger ones are refused.
inline constexpr std::size_t packed_positions_max = 65'536;

/// Appends one position to a batch; an empty `out` becomes a batch first.
void pack(std::string& out, const packed_position& x);

/// @returns how many positions the batch holds; 0 when it is malformed.
std::size_t packed_count(std::string_view batch) noexcept;

namespace detail {

template <class T>
T read_little_endian(const char* from) noexcept {
  static_assert(std::endian::native == std::endian::little,
                "byte swapping is not written");
  T x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

inline packed_position read_position(const char* from) noexcept {
  return {driver_id{read_little_endian<std::uint64_t>(from)},
          {read_little_endian<std::int32_t>(from + 8),
           read_little_endian<std::int32_t>(from + 12)},
          timestamp{read_little_endian<std::int64_t>(from + 16)},
          read_little_endian<std::uint16_t>(from + 24)};
}

} // namespace detail

/// @returns whether every position of the batch has a driver, a place on
///          earth and a heading below 360, and nothing else is in it.
bool is_well_formed(std::string_view batch) noexcept;

/// Calls `visit(const packed_position&)` for each, in order.
/// @returns `false`, without visiting any, when the batch is malformed.
template <class Visitor>
bool unpack(std::string_view batch, Visitor&& visit) {
  if (!is_well_formed(batch))
    return false;
  auto end = batch.data() + batch.size();
  for (auto p = batch.data() + 1; p != end; p += packed_position_size)
    visit(detail::read_position(p));
  return true;
}

} // namespace hansom
