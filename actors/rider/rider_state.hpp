#pragma once

#include "actors/interfaces.hpp"
#include "actors/runtime/entity_state.hpp"
#include "actors/runtime/session_set.hpp"
#include "actors/runtime/tracked.hpp"
#include "actors/runtime/trip_questions.hpp"

#include <deque>

namespace hansom {

/// What a rider waits for; the values are alarm tokens.
enum class rider_deadline : std::uint8_t {
  none,
  answer,   ///< A trip that was opened does not answer.
  welcome,  ///< A client waits for the trip to say where it is.
  idle,     ///< Nothing to do; leave memory.
  question, ///< A trip that was asked how it ended does not answer.
  end,
};
std::string to_string(rider_deadline x);

/// Decides alone whether the rider has an active trip, and what a client that
/// comes back is shown. Writes nothing: the trip's claim is his memory.
struct rider_state : entity_state<rider_deadline> {
  static inline const char* name = "rider";
  static constexpr std::size_t requests_max = 16;

  void init(caf::scheduled_actor* me, runtime* node, entity_ref who,
            const activation& with);

  void came(const attach& x);
  void went(const detach& x);
  void believed(const believed_trip& x);
  void failed(const open_failed& x);
  void told(const trip_for_rider& x);
  void near(const driver_near& x);
  void rang(const alarm_rang& x);
  void put_away();

  void command(const client_ref& from, const trip_request& x);

  [[nodiscard]] std::string describe() const;
  void report(probe& p) const;
  void leave_if_done();

private:
  struct request {
    client_ref from;
    trip_request what;
  };
  /// A trip on its way into the journal.
  struct opening {
    client_ref from;
    trip_id trip;
  };

  void open(const request& x);
  void refuse(const client_ref& from, error_code why);
  void ask_about(session_ref who, trip_id trip);
  void ask_again();
  bool answers(const trip_for_rider& x);
  void opened(trip_id trip);
  void ask_store();
  void reached(rider_deadline what);
  void next_request();
  void welcome(bool at_once);
  void rest();
  [[nodiscard]] rider_id id() const {
    return rider_id{me_.id};
  }

  session_set sessions_;
  caf::optional<opening> opening_;
  trip_id trip_; ///< The active one.
  caf::optional<trip_view> view_;
  trip_id shown_trip_; ///< Of the newest view that a client was shown.
  std::uint32_t shown_rev_ = 0;
  std::deque<request> waiting_;
  trip_questions questions_;
};

} // namespace hansom
