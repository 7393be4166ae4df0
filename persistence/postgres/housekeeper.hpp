#pragma once

#include "persistence/postgres/session.hpp"

#include <limits>
#include <utility>

namespace hansom::store::postgres {

/// The steps of housekeeping, each one transaction; migration 3 has most of
/// them. Remembers where a pass is; who forgets it (a new connection) begins
/// the pass again and finds done what is done.
class housekeeper {
public:
  /// Gives the session more time than a commit may take.
  explicit housekeeper(session& db);

  /// @throws failure.
  upkeep_step step(const upkeep_order& order);

private:
  upkeep_step work(const upkeep_order& order);
  upkeep_step prepare_days(const upkeep_order& order);
  upkeep_step settle_strays(const upkeep_order& order);
  upkeep_step keep_trips(const upkeep_order& order);
  upkeep_step call(const char* name, const upkeep_order& order);
  upkeep_step trim(const upkeep_order& order);
  bool choose_days(int before);
  bool put_bases(const upkeep_order& order);
  std::string fold(const upkeep_order& order, entity_ref entity,
                   std::uint64_t from, const std::string& base,
                   std::uint64_t to);
  upkeep_step drop(const upkeep_order& order);

  session& db_;
  std::int64_t last_trip_ = std::numeric_limits<std::int64_t>::min();
  /// The days that are being trimmed; empty when first > last.
  int first_day_ = 0;
  int last_day_ = -1;
  /// The last entity that has its base, by entity and kind.
  std::pair<std::int64_t, int> based_;
};

} // namespace hansom::store::postgres
