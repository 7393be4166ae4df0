#pragma once

#include "persistence/store.hpp"

#include <bit>
#include <cstdint>

/// How identifiers become the signed 64-bit keys of a database.
namespace hansom::store {

/// A trip id leads with its shard, so rows of one second would spread over 256
/// places of a tree and a batch would write 256 pages. Turned by 8 bits it
/// leads with its time: rows written together lie together.
inline std::int64_t to_key(entity_ref x) noexcept {
  auto id = x.kind == entity_kind::trip ? std::rotl(x.id, 8) : x.id;
  return static_cast<std::int64_t>(id);
}

inline entity_ref to_entity(std::int64_t kind, std::int64_t key) noexcept {
  auto k = static_cast<entity_kind>(kind);
  auto id = static_cast<std::uint64_t>(key);
  return {k, k == entity_kind::trip ? std::rotr(id, 8) : id};
}

/// @returns a key that no trip asked for before `at` reaches: a trip's key
/// leads
///          with the seconds since 2020.
inline std::int64_t first_trip_of(timestamp at) noexcept {
  auto seconds = at.ms / 1000 - 1'577'836'800;
  return seconds <= 0 ? 0 : seconds << 34;
}

/// Cuts the pickups and drop-offs in a stored text to three decimals of a
/// degree, about 110 m. What folds before, folds after.
std::string blurred(std::string_view text);

inline int to_number(entity_kind x) noexcept {
  return static_cast<int>(x);
}

inline int to_number(claim_kind x) noexcept {
  return static_cast<int>(x);
}

inline constexpr std::size_t entity_kind_count = 4;

/// Judges a write by itself, without the database.
/// @returns an empty text, or what is wrong with it.
std::string find_defect(const write& x);

} // namespace hansom::store
