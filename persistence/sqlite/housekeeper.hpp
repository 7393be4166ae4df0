#pragma once

#include "persistence/sqlite/keys.hpp"
#include "persistence/sqlite/shared.hpp"

#include <limits>

namespace hansom::store::sqlite {

/// The steps of housekeeping, each one transaction of `order.rows` rows at
/// most. The caller holds `shared_state::gate`, so nobody writes meanwhile; a
/// step is some milliseconds.
class housekeeper {
public:
  explicit housekeeper(database& db) : db_{db} {
  }

  /// @throws failure, after rolling back; unavailable_error when the journal
  ///         does not fold.
  upkeep_step step(const upkeep_order& order);

private:
  upkeep_step work(const upkeep_order& order);
  upkeep_step keep_trips(const upkeep_order& order);
  upkeep_step blur_positions(const upkeep_order& order);
  upkeep_step forget_commands(const upkeep_order& order);
  upkeep_step trim(const upkeep_order& order);
  void put_base(const upkeep_order& order, entity_ref entity,
                const std::vector<journal_row>& rows);
  void drop(const std::vector<journal_row>& rows, std::int64_t last_pos);

  database& db_;
  std::int64_t last_trip_ = std::numeric_limits<std::int64_t>::min();
};

/// Brings a closed trip back from the history, for a write that makes it
/// `first_seq`. What the journal has forgotten of it becomes its base.
/// @returns whether it was there at that revision.
bool recall_trip(database& db, entity_ref trip, std::uint64_t first_seq);

} // namespace hansom::store::sqlite
