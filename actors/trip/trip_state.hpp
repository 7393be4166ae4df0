#pragma once

#include "actors/interfaces.hpp"
#include "actors/runtime/entity_state.hpp"
#include "actors/runtime/tracked.hpp"
#include "actors/trip/driver_watch.hpp"
#include "actors/trip/trip_rules.hpp"
#include "actors/trip/trip_trace.hpp"

namespace hansom {

/// What a trip waits for; the values are alarm tokens.
enum class trip_deadline : std::uint8_t {
  none,
  want,    ///< Tell the cell again that a driver is wanted.
  match,   ///< Give the search up.
  offer,   ///< Nobody answered for the driver: close his offer.
  silent,  ///< The driver sends no positions.
  stall,   ///< The driver does not come nearer.
  retry,   ///< The store was gone when the system wanted a step.
  linger,  ///< Over; leave memory.
  abandon, ///< Nothing is heard of a driver who has arrived.
  end,
};
std::string to_string(trip_deadline x);

/// The shell around a trip's rules: carries out what they decide, in the order
/// durable first, visible second.
struct trip_state : entity_state<trip_deadline> {
  static inline const char* name = "trip";

  void init(caf::scheduled_actor* me, runtime* node, entity_ref who,
            const activation& with);

  // -- what others say --------------------------------------------------------

  void open(const open_trip& x);
  void held(const offer_held& x);
  void taken(const offer_taken& x);
  void ended(const offer_ended& x);
  void turn(const your_turn& x);
  void lost(const driver_unreachable& x);
  void seen(const trip_position& x);
  void tell(const tell_again& x);
  void rang(const alarm_rang& x);
  void put_away();

  void command(const client_ref& from, const trip_arrived& x);
  void command(const client_ref& from, const trip_start& x);
  void command(const client_ref& from, const trip_complete& x);
  void command(const client_ref& from, const trip_cancel& x);
  void command(const client_ref& from, const trip_no_show& x);
  void command(const client_ref& from, const trip_rate& x);
  void command(const client_ref& from, const trip_end& x);

  [[nodiscard]] std::string describe() const;
  void report(probe& p) const;
  /// Leaves memory when there is nothing left to do.
  void leave_if_done();

private:
  using rule = std::function<decision()>;
  using failure = std::function<void(const store::result&)>;

  void run_command(const client_ref& from, rule decide);
  void commit(decision what, std::optional<client_ref> from, failure failed);
  void committed(const trip_record& next);
  void observe(const trip_record& before);
  void open_now(const open_trip& x);
  void taken_now(const offer_taken& x);
  void not_taken(const offer_taken& x, const store::result& why);
  void ended_now(const offer_ended& x);
  void close_offer_as(offer_outcome outcome, std::optional<client_ref> from);
  void drop_offer();
  void review();
  bool review_search(timestamp now);
  bool review_driver(timestamp now);
  bool review_approach(timestamp now);
  void reached(trip_deadline what);
  void retry_later();
  void resume();
  void arm();
  void arm_driver();

  void tell_rider();
  void tell_driver(driver_id to, driver_part part);
  void tell_near(const trip_position& x);
  void want();
  void unwant();
  void want_anew();
  [[nodiscard]] trip_view view() const;
  [[nodiscard]] cell_id cell() const;
  [[nodiscard]] std::uint32_t seconds_to_go(geo_point from) const;

  trip_record record_;
  caf::optional<live_offer> offer_;
  driver_watch watch_;
  timestamp near_told_at_;
  timestamp free_told_; ///< The `free_at` last told to the driver.
  /// System steps that the store refused or that wait for their moment.
  driver_id promote_for_;
  caf::optional<driver_unreachable> unreachable_;
  caf::optional<offer_outcome> closing_;
  trip_trace trace_;
  offer_outcome ends_as_ = offer_outcome::withdrawn; ///< The offer, if closed.
};

} // namespace hansom
