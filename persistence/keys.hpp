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
