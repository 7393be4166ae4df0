#pragma once

#include "protocol/journal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// What a driver must not forget: his shift. His trips are the store's claims,
/// his offer is the trip's business, his position is worth nothing tomorrow.
struct driver_record {
  driver_id driver;
  std::uint32_t rev = 0; ///< Journal seq of the last event; 0 before any.
  bool on_shift = false;
  bool ending = false; ///< Asked to stop; the shift ends after his trips.
  std::vector<service_class> classes;
  caf::optional<std::string> vehicle;
  timestamp since; ///< Start of this shift, or end of the last one.
};
HANSOM_RECORD(driver_record, driver, rev, on_shift, ending, classes, vehicle,
              since)

/// Takes one event in: the fold.
/// @returns `false`, leaving the record alone, when the event is illegal now.
/// By value, because `std::apply`, which the compiler also finds for a variant,
/// would fit a reference better.
bool apply(driver_record& x, driver_event event);

/// @returns the record as the JSON that is stored.
std::string encode(const driver_record& x);

/// @returns `false` when the text is no such record; `why` then says what.
bool decode(std::string_view text, driver_record& out, std::string& why);

} // namespace hansom
