#pragma once

#include "actors/trip/trip_record.hpp"
#include "cluster/admin/admin_desk.hpp"

#include <string>
#include <vector>

namespace hansom {

/// A trip as the store has it, resident or not.
struct stored_trip {
  trip_record record;
  std::string state;                       ///< The same as JSON.
  std::vector<store::journal_row> journal; ///< Its oldest events.
  bool journal_cut = false;                ///< There are later ones.
};

/// @returns `false`, with a sentence in `why`, when there is no such trip.
bool read_trip(admin_desk& desk, trip_id trip, stored_trip& out,
               std::string& why);

} // namespace hansom
