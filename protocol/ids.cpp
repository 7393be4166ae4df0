#include "protocol/ids.hpp"

#include <array>
#include <charconv>

namespace hansom {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string to_hex(std::uint64_t x) {
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, x >>= 4)
    out[static_cast<std::size_t>(i)] = hex_digits[x & 15];
  return out;
}

/// @returns 0..15, or -1 for anything but a lower-case hex digit: one id has
///          exactly one text form, so that texts can be compared.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

bool parse_hex(std::string_view text, std::uint64_t& out) noexcept {
  std::uint64_t x = 0;
  for (char c : text) {
    int digit = hex_value(c);
    if (digit < 0)
      return false;
    x = x << 4 | static_cast<std::uint64_t>(digit);
  }
  out = x;
  return true;
}

template <class Id>
bool parse_full_hex(std::string_view text, Id& out) noexcept {
  std::uint64_t x = 0;
  if (text.size() != 16 || !parse_hex(text, x) || x == 0)
    return false;
  out.value = x;
  return true;
}

template <class Id>
bool parse_decimal(std::string_view text, Id& out) noexcept {
  std::uint64_t x = 0;
  auto end = text.data() + text.size();
  if (text.empty() || text.front() == '0')
    return false;
  auto [at, error] = std::from_chars(text.data(), end, x);
  if (error != std::errc{} || at != end)
    return false;
  out.value = x;
  return true;
}

/// A cube face below 6 and the marker bit at an even place.
constexpr bool is_s2_cell(std::uint64_t x) noexcept {
  return x >> 61 < 6 && (x & (~x + 1) & 0x1555555555555555ULL) != 0;
}

/// The cell's ancestor at `region_level`, as s2geometry computes it; a cell
/// above that level stays itself.
constexpr std::uint64_t region_of(std::uint64_t cell) noexcept {
  constexpr std::uint64_t marker = 1ULL << (2 * (30 - region_level));
  if ((cell & (~cell + 1)) > marker)
    return cell;
  return (cell & (~marker + 1)) | marker;
}

constexpr std::array<std::string_view, 4> kind_names = {"driver", "rider",
                                                        "trip", "cell"};

} // namespace

std::string to_string(driver_id x) {
  return std::to_string(x.value);
}

std::string to_string(rider_id x) {
  return std::to_string(x.value);
}

std::string to_string(trip_id x) {
  return to_hex(x.value);
}

std::string to_string(cell_id x) {
  if (!x)
    return "X"; // What s2geometry prints for "no cell".
  auto out = to_hex(x.value);
  out.resize(out.find_last_not_of('0') + 1);
  return out;
}

std::string to_string(quote_id x) {
  return to_hex(x.value);
}

bool parse_id(std::string_view text, driver_id& out) noexcept {
  return parse_decimal(text, out);
}

bool parse_id(std::string_view text, rider_id& out) noexcept {
  return parse_decimal(text, out);
}

bool parse_id(std::string_view text, trip_id& out) noexcept {
  return parse_full_hex(text, out);
}

bool parse_id(std::string_view text, cell_id& out) noexcept {
  std::uint64_t x = 0;
  if (text.empty() || text.size() > 16 || text.back() == '0'
      || !parse_hex(text, x))
    return false;
  x <<= 4 * (16 - text.size());
  if (!is_s2_cell(x))
    return false;
  out.value = x;
  return true;
}

bool parse_id(std::string_view text, quote_id& out) noexcept {
  return parse_full_hex(text, out);
}

std::string to_string(entity_kind x) {
  auto index = static_cast<std::size_t>(x) - 1;
  if (index >= kind_names.size())
    return "entity_kind(" + std::to_string(index + 1) + ")";
  return std::string{kind_names[index]};
}

bool parse_entity_kind(std::string_view text, entity_kind& out) noexcept {
  for (std::size_t i = 0; i < kind_names.size(); ++i)
    if (kind_names[i] == text) {
      out = static_cast<entity_kind>(i + 1);
      return true;
    }
  return false;
}

std::string to_string(entity_ref x) {
  auto out = to_string(x.kind) + '/';
  switch (x.kind) {
  case entity_kind::driver:
  case entity_kind::rider:
    return out + std::to_string(x.id);
  case entity_kind::trip:
    return out + to_string(trip_id{x.id});
  case entity_kind::cell:
    return out + to_string(cell_id{x.id});
  }
  return out + to_hex(x.id);
}

namespace {

template <class Id>
bool parse_entity_id(std::string_view text, entity_ref& out) noexcept {
  Id id;
  if (!parse_id(text, id))
    return false;
  out = id;
  return true;
}

} // namespace

bool parse_entity(std::string_view text, entity_ref& out) noexcept {
  auto slash = text.find('/');
  entity_kind kind{};
  if (slash == std::string_view::npos
      || !parse_entity_kind(text.substr(0, slash), kind))
    return false;
  auto id = text.substr(slash + 1);
  switch (kind) {
  case entity_kind::driver:
    return parse_entity_id<driver_id>(id, out);
  case entity_kind::rider:
    return parse_entity_id<rider_id>(id, out);
  case entity_kind::trip:
    return parse_entity_id<trip_id>(id, out);
  case entity_kind::cell:
    return parse_entity_id<cell_id>(id, out);
  }
  return false;
}

shard_id shard_of(entity_ref x) noexcept {
  static_assert(shard_count == 256, "a shard is eight bits of an id or a hash");
  switch (x.kind) {
  case entity_kind::trip:
    return static_cast<shard_id>(x.id >> 56);
  case entity_kind::cell:
    return static_cast<shard_id>(mix64(region_of(x.id)) & 0xff);
  case entity_kind::driver:
  case entity_kind::rider:
    break;
  }
  return static_cast<shard_id>(mix64(x.id) & 0xff);
}

trip_id make_trip_id(shard_id shard, std::uint64_t unix_seconds,
                     std::uint64_t incarnation,
                     std::uint32_t counter) noexcept {
  constexpr std::uint64_t seconds_at_2020 = 1'577'836'800;
  auto seconds = (unix_seconds - seconds_at_2020) & ((1ULL << 30) - 1);
  return {(shard & 0xffULL) << 56 | seconds << 26 | (incarnation & 0xff) << 18
          | (counter & ((1ULL << 18) - 1))};
}

} // namespace hansom
