#pragma once

#include "actors/driver/position_filter.hpp"
#include "bench/fleet/mover.hpp"
#include "bench/fleet/random.hpp"
#include "protocol/client_messages.hpp"

#include <optional>

namespace hansom::simulate {

/// A driver and his car, as the world moves them.
struct played_driver {
  /// What he is about to do by himself.
  enum class intent : std::uint8_t { none, arrive, board, complete };

  explicit played_driver(std::uint64_t seed, std::uint64_t number)
    : chance{seed, number} {
  }

  driver_id id;
  fleet::random_stream chance;
  fleet::mover car;
  position_filter_state filter;
  timestamp moved_until; ///< The car has been moved up to here.
  trip_id follow;        ///< Who hears his positions.
  cell_id cell;          ///< As the driver's actor last heard.
  timestamp told_at;     ///< When it did.
  trip_id trip;          ///< The one he works on.
  std::uint32_t rev = 0; ///< Of what he knows of it.
  geo_point dropoff;
  intent next = intent::none;
  timestamp next_at; ///< When that will be due.
  std::optional<trip_id> offered;
};

/// What the world knows of a rider.
struct played_rider {
  enum class fate : std::uint8_t {
    to_come,
    asked, ///< For a quote.
    waiting,
    riding,
    served,
    expired,
    refused,
  };

  geo_point pickup;
  geo_point dropoff;
  timestamp requested_at;
  fate now = fate::to_come;
};

} // namespace hansom::simulate
