#pragma once

/// A city with real drivers, riders and trips. Its cells are stand-ins: the
/// test itself proposes drivers, or `match_at_once` does.

#include "actors/driver/driver_actor.hpp"
#include "actors/rider/rider_actor.hpp"
#include "actors/trip/trip_actor.hpp"
#include "actors/trip/trip_record.hpp"
#include "protocol/json/writer.hpp"
#include "tests/unit/actors/city_fixture.hpp"

namespace hansom::testing {

inline constexpr rider_id ann{1};
inline constexpr rider_id ben{2};
inline constexpr driver_id dan{7};
inline constexpr driver_id eve{8};

class ride_fixture : public city_fixture {
public:
  explicit ride_fixture(dispatch_config with = {});

  // -- clients ----------------------------------------------------------------

  static session_ref session_of(entity_ref x) {
    return session(static_cast<std::uint64_t>(x.kind) * 1000 + x.id);
  }

  void connect(entity_ref x);

  void disconnect(entity_ref x);

  /// Sends a command and delivers nothing yet.
  template <class Command>
  void post(entity_ref client, std::string id, Command x) {
    client_ref from{session_of(client), client, std::move(id)};
    node().send(target(client, x), from, std::move(x));
  }

  /// Sends a command and lets everything happen.
  /// @returns the one answer.
  template <class Command>
  std::string say(entity_ref client, std::string id, Command x) {
    auto before = clients->replies(id).size();
    post(client, id, std::move(x));
    settle();
    auto answers = clients->replies(id);
    REQUIRE(answers.size() == before + 1);
    return answers.back();
  }

  // -- the city ---------------------------------------------------------------

  quote_terms terms_for(rider_id who, std::uint64_t quote,
                        geo_point from = times_square);

  trip_request ticket(rider_id who, std::uint64_t quote);

  /// The rider asks; @returns the trip.
  trip_id ask_for_ride(rider_id who, std::uint64_t quote = 0);

  static trip_id trip_in(const std::string& answer);

  void go_on_shift(driver_id who, geo_point at = times_square);

  void move(driver_id who, geo_point at);

  void drive(driver_id who, trip_id trip, geo_point at);

  /// What a cell does; delivers nothing yet.
  void propose(driver_id who, trip_id trip, bool queued = false);

  void offer(driver_id who, trip_id trip, bool queued = false) {
    propose(who, trip, queued);
    settle();
  }

  /// A ride up to the driver's acceptance.
  trip_id matched(rider_id rider = ann, driver_id driver = dan);

  // -- looking ----------------------------------------------------------------

  trip_record stored(trip_id x);

  /// @returns the journal's fold, which must take every event.
  trip_record folded(trip_id x);

  std::vector<std::string> events_of(entity_ref x);

  [[nodiscard]] std::string last_push(entity_ref to,
                                      std::string_view type) const {
    auto all = clients->pushes(session_of(to), type);
    return all.empty() ? "" : all.back();
  }

  [[nodiscard]] std::size_t pushes(entity_ref to, std::string_view type) const {
    return clients->pushes(session_of(to), type).size();
  }

  std::vector<store::transfer> transfers();

private:
  template <class Command>
  static entity_ref target(entity_ref client, const Command& x) {
    constexpr auto own =
      std::is_same_v<
        Command,
        shift_start> || std::is_same_v<Command, shift_end> || std::is_same_v<Command, trip_request> || std::is_same_v<Command, offer_accept> || std::is_same_v<Command, offer_decline>;
    if constexpr (own)
      return client;
    else
      return x.trip;
  }
};

/// Whether a frame's text holds another.
inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace hansom::testing
