#pragma once

#include <caf/meta/type_name.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hansom {

/// A 64-bit identifier that cannot be mixed up with another kind of id.
/// Zero means "none". In JSON an id is a string: JavaScript cannot hold 64
/// bits in a number.
template <class Tag>
struct strong_id {
  std::uint64_t value = 0;

  friend auto operator<=>(strong_id, strong_id) = default;

  explicit operator bool() const noexcept {
    return value != 0;
  }
};

template <class Inspector, class Tag>
typename Inspector::result_type inspect(Inspector& f, strong_id<Tag>& x) {
  return f(caf::meta::type_name(Tag::name), x.value); // prints "trip(7)"
}

struct driver_tag {
  static constexpr const char* name = "driver";
};
struct rider_tag {
  static constexpr const char* name = "rider";
};
struct trip_tag {
  static constexpr const char* name = "trip";
};
struct cell_tag {
  static constexpr const char* name = "cell";
};
struct quote_tag {
  static constexpr const char* name = "quote";
};

/// Account number of a driver; text form decimal.
using driver_id = strong_id<driver_tag>;
/// Account number of a rider; text form decimal.
using rider_id = strong_id<rider_tag>;
/// A ride. Carries its shard, see `make_trip_id`; text form 16 hex digits.
using trip_id = strong_id<trip_tag>;
/// An S2 cell id at the configured level; text form is the S2 token (hex
/// without trailing zeros).
using cell_id = strong_id<cell_tag>;
/// A price offer, honoured once; text form 16 hex digits.
using quote_id = strong_id<quote_tag>;

/// @returns the text form named at each id type above.
std::string to_string(driver_id x);
std::string to_string(rider_id x);
std::string to_string(trip_id x);
std::string to_string(cell_id x);
std::string to_string(quote_id x);

/// Parses the text form.
/// @returns `false`, leaving `out` alone, when `text` is not exactly an id of
///          that kind (empty, too long, wrong digit, zero).
bool parse_id(std::string_view text, driver_id& out) noexcept;
bool parse_id(std::string_view text, rider_id& out) noexcept;
bool parse_id(std::string_view text, trip_id& out) noexcept;
bool parse_id(std::string_view text, cell_id& out) noexcept;
bool parse_id(std::string_view text, quote_id& out) noexcept;

/// What an actor stands for.
enum class entity_kind : std::uint8_t { driver = 1, rider, trip, cell };

std::string to_string(entity_kind x);
bool parse_entity_kind(std::string_view text, entity_kind& out) noexcept;

/// The address of an entity: names travel between nodes, handles never do.
struct entity_ref {
  entity_kind kind = entity_kind::driver;
  std::uint64_t id = 0;

  constexpr entity_ref() = default;
  constexpr entity_ref(entity_kind k, std::uint64_t i) : kind{k}, id{i} {
  }
  constexpr entity_ref(driver_id x) : kind{entity_kind::driver}, id{x.value} {
  }
  constexpr entity_ref(rider_id x) : kind{entity_kind::rider}, id{x.value} {
  }
  constexpr entity_ref(trip_id x) : kind{entity_kind::trip}, id{x.value} {
  }
  constexpr entity_ref(cell_id x) : kind{entity_kind::cell}, id{x.value} {
  }

  friend auto operator<=>(entity_ref, entity_ref) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, entity_ref& x) {
  return f(caf::meta::type_name("entity"), x.kind, x.id);
}

/// @returns for example "trip/00a1..." or "driver/42", as the console writes.
std::string to_string(entity_ref x);
/// Parses `KIND/ID`. @returns `false` when the text is no entity address.
bool parse_entity(std::string_view text, entity_ref& out) noexcept;

/// The unit of ownership. Fixed for the life of a database.
using shard_id = std::uint16_t;
inline constexpr shard_id shard_count = 256;

/// Cells of one region (S2 level 10, about 8 km) share a shard, so that
/// neighbours mostly live on one node.
inline constexpr int region_level = 10;

/// @returns the shard that an entity lives in: driver and rider by a hash of
///          the id, cell by a hash of its region, trip by its upper 8 bits.
shard_id shard_of(entity_ref x) noexcept;

/// Builds a trip id: shard (8 bits) | seconds since 2020 (30) | low bits of the
/// node incarnation (8) | counter (18). Unique as long as one incarnation
/// makes fewer than 2^18 trips a second and numbers them upwards.
trip_id make_trip_id(shard_id shard, std::uint64_t unix_seconds,
                     std::uint64_t incarnation, std::uint32_t counter) noexcept;

/// A well-mixed 64-bit hash (splitmix64's finaliser); stable for ever, since
/// shards depend on it.
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

} // namespace hansom

template <class Tag>
struct std::hash<hansom::strong_id<Tag>> {
  std::size_t operator()(hansom::strong_id<Tag> x) const noexcept {
    return hansom::mix64(x.value);
  }
};

template <>
struct std::hash<hansom::entity_ref> {
  std::size_t operator()(hansom::entity_ref x) const noexcept {
    return hansom::mix64(x.id ^ (static_cast<std::uint64_t>(x.kind) << 60));
  }
};
