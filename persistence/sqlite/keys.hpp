#pragma once

#include "persistence/keys.hpp"

namespace hansom::store::sqlite {

/// @returns the table that holds entities of that kind.
inline const char* state_table(entity_kind x) noexcept {
  switch (x) {
  case entity_kind::driver:
    return "state_driver";
  case entity_kind::rider:
    return "state_rider";
  case entity_kind::trip:
    return "state_trip";
  case entity_kind::cell:
    return "state_cell";
  }
  return "state_unknown";
}

} // namespace hansom::store::sqlite
