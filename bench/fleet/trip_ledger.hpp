#pragma once

#include "bench/fleet/histogram.hpp"
#include "protocol/client_messages.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace hansom::fleet {

/// How the requests of a run came out.
struct outcomes {
  std::uint64_t acknowledged = 0; ///< Requests that the server accepted.
  std::uint64_t completed = 0;
  std::uint64_t cancelled_by_rider = 0;
  std::uint64_t cancelled_otherwise = 0;
  std::uint64_t expired = 0;
  std::uint64_t ended_unseen = 0; ///< Over, says the server; how, we missed.
  std::uint64_t open = 0;         ///< Accepted and not over.
  std::uint64_t reassigned = 0;   ///< Trips that got another driver.
  histogram wait_ms;              ///< Request to "arrived", real.
  histogram offer_us;             ///< Request sent to first offer heard.
};

/// What all clients of a fleet together know of each trip; finds what no
/// client sees alone. Thread-safe.
class trip_ledger {
public:
  /// @param keep so many finished trips are remembered; late news of older ones
  ///             is not judged.
  explicit trip_ledger(std::size_t keep = 200'000) : keep_{keep} {
  }

  /// The server acknowledged a request.
  /// @param sent_s when it was first sent.
  void acknowledged(trip_id trip, rider_id rider, double sent_s);

  /// A driver was offered the trip.
  void offered(trip_id trip, double at_s);

  /// A client heard of a trip. Judges I2 and I5.
  /// @returns empty, or the invariant and what is wrong: "I2 ...".
  std::string heard(const trip_view& view);

  /// A rider was told that the trip is over, without how.
  void over(trip_id trip);

  /// A rider was told that there is no such trip.
  void lost(trip_id trip);

  outcomes result() const;
  std::uint64_t open() const;

  /// @returns what the end of a run breaks: I4 for accepted trips of which
  ///          nobody heard again, I5 for those without an end.
  std::vector<std::string> unfinished() const;

private:
  struct entry {
    double sent_s = -1;
    double offered_s = -1;
    rider_id rider;
    driver_id driver;
    driver_id last_driver; ///< Also while it is searched again.
    std::uint32_t rev = 0;
    trip_phase phase = trip_phase::requested;
    bool acknowledged = false;
    bool over = false;
    bool arrived = false;
  };

  std::string judge(const entry& known, const trip_view& view) const;
  void end(trip_id trip, entry& x);
  void note_offer(entry& x);

  mutable std::mutex mutex_;
  std::unordered_map<trip_id, entry> trips_;
  std::deque<trip_id> ended_;
  std::size_t keep_;
  outcomes result_;
};

} // namespace hansom::fleet
