#pragma once

#include "persistence/store.hpp"

namespace hansom {

/// The fold that upkeep keeps what an entity was with, when its journal is
/// trimmed: the same as the actors' and as `hansom check`'s. Any thread.
/// @param base the state before `rows` as it is stored; empty: from nothing.
/// @returns the state after them; none when one does not fit. A cell has no
///          state to keep: an empty text.
std::optional<std::string>
fold_rows(entity_ref entity, const std::string& base,
          const std::vector<store::journal_row>& rows);

} // namespace hansom
