#include "cluster/upkeep/fold.hpp"

#include "actors/driver/driver_record.hpp"
#include "actors/trip/trip_record.hpp"

namespace hansom {

namespace {

template <class Event, class Record>
std::optional<std::string> fold(Record x, const std::string& base,
                                const std::vector<store::journal_row>& rows) {
  std::string why;
  if (!base.empty() && !decode(base, x, why))
    return std::nullopt;
  for (auto& row : rows) {
    Event event;
    if (!decode_event(row.kind, row.payload, event, why)
        || !apply(x, std::move(event)))
      return std::nullopt;
  }
  return encode(x);
}

} // namespace

std::optional<std::string>
fold_rows(entity_ref entity, const std::string& base,
          const std::vector<store::journal_row>& rows) {
  if (entity.kind == entity_kind::trip) {
    trip_record x;
    x.trip = trip_id{entity.id};
    return fold<trip_event>(std::move(x), base, rows);
  }
  if (entity.kind == entity_kind::driver) {
    driver_record x;
    x.driver = driver_id{entity.id};
    return fold<driver_event>(std::move(x), base, rows);
  }
  return std::string{};
}

} // namespace hansom
