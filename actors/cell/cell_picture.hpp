#pragma once

#include "actors/messages.hpp"

/// What the console's map asks of a cell, and its answer.
namespace hansom {

/// Console's map -> CELL, once a second while somebody looks at it.
struct map_ask {
  std::uint32_t drivers_max = 0;
  std::uint32_t requests_max = 0;
};
HANSOM_RECORD(map_ask, drivers_max, requests_max)

struct pictured_driver {
  driver_id driver;
  geo_point at; ///< With soon_free: the drop-off.
  standing now = standing::gone;
};
HANSOM_RECORD(pictured_driver, driver, at, now)

struct pictured_request {
  trip_id trip;
  geo_point pickup;
  timestamp requested_at;
  driver_id proposed_to; ///< Zero: nobody has been found yet.
};
HANSOM_RECORD(pictured_request, trip, pickup, requested_at, proposed_to)

/// What the map shows of a cell.
struct cell_picture {
  cell_id cell;
  std::uint32_t surge_milli = 1000;
  std::uint32_t free = 0;
  std::uint32_t soon_free = 0;
  std::uint32_t busy = 0;
  std::uint32_t waiting = 0;  ///< Requests to be matched.
  std::uint32_t proposed = 0; ///< Requests out on a proposal or an offer.
  std::vector<pictured_driver> drivers;
  std::vector<pictured_request> requests;
};
HANSOM_RECORD(cell_picture, cell, surge_milli, free, soon_free, busy, waiting,
              proposed, drivers, requests)

} // namespace hansom
