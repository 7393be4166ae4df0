#pragma once

#include "actors/driver/driver_presence.hpp"
#include "actors/driver/driver_record.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/entity_state.hpp"
#include "actors/runtime/session_set.hpp"
#include "actors/runtime/tracked.hpp"
#include "actors/runtime/trip_questions.hpp"

#include <array>

namespace hansom {

/// What a driver waits for; the values are alarm tokens.
enum class driver_deadline : std::uint8_t {
  none,
  offer,    ///< He does not answer.
  grace,    ///< His connection stays lost.
  shift,    ///< The store was gone when his shift should have ended.
  turn,     ///< The queued trip has not answered that it is its turn.
  welcome,  ///< A client waits for trips to say where they are.
  idle,     ///< Nothing to do; leave memory.
  question, ///< A trip that was asked how it ended does not answer.
  end,
};
std::string to_string(driver_deadline x);

/// Decides alone whether the driver is free and which one offer he holds.
struct driver_state : entity_state<driver_deadline> {
  static inline const char* name = "driver";

  void init(caf::scheduled_actor* me, runtime* node, entity_ref who,
            const activation& with);

  void came(const attach& x);
  void went(const detach& x);
  void believed(const believed_trip& x);
  void moved(const driver_moved& x);
  void proposed(const offer_proposal& x);
  void told(const trip_for_driver& x);
  void nearly(const nearly_free& x);
  void priced(const surge_news& x);
  void rang(const alarm_rang& x);
  void put_away();

  void command(const client_ref& from, const shift_start& x);
  void command(const client_ref& from, const shift_end& x);
  void command(const client_ref& from, const offer_accept& x);
  void command(const client_ref& from, const offer_decline& x);

  [[nodiscard]] std::string describe() const;
  void report(probe& p) const;
  void leave_if_done();

private:
  /// Ended offers that an answer may still be on its way to.
  static constexpr std::size_t ended_offers_max = 8;

  /// A trip of his; the view comes from the trip itself.
  struct held_trip {
    trip_id trip;
    caf::optional<trip_view> view;
  };
  struct held_offer {
    offer_view view;
    cell_id cell;
    timestamp offered_at;
    bool answered = false; ///< Accepted; the trip has the word.
  };

  void start_shift(const client_ref& from, const shift_start& x);
  void end_shift(const client_ref& from);
  void end_shift_after_trip();
  void commit(driver_event event, std::optional<client_ref> from,
              std::function<void()> failed);

  [[nodiscard]] proposal_verdict judge(const offer_proposal& x) const;
  void hold(const offer_proposal& x);
  void end_offer(offer_outcome outcome, caf::optional<client_ref> from);
  void offer_time_is_up();

  void yours(const trip_view& x);
  void withdraw(trip_id trip, offer_outcome outcome);
  void push_withdrawn(trip_id trip, offer_outcome outcome);
  void over(const trip_for_driver& x);
  void answer(const trip_for_driver& x, const std::vector<session_ref>& asked);
  void ask_again();
  void call_queued();
  void grace_is_over();
  void reached(driver_deadline what);
  void resume();

  void show(bool refresh = false);
  void welcome();
  void push_trip(const trip_view& x);
  void rest();
  [[nodiscard]] driver_presence::wish standing_now() const;
  [[nodiscard]] driver_phase phase() const;
  [[nodiscard]] driver_view view() const;
  [[nodiscard]] bool has_trip() const {
    return present_ || queued_;
  }
  [[nodiscard]] bool may_queue() const;
  void forget_offer();
  [[nodiscard]] error_code why_no_offer(trip_id trip) const;
  [[nodiscard]] driver_id id() const {
    return driver_id{me_.id};
  }

  driver_record record_;
  session_set sessions_;
  caf::optional<held_offer> offer_;
  /// A ring of trips whose offers he held; an answer to one of them came late.
  std::array<trip_id, ended_offers_max> ended_offers_{};
  std::size_t ended_offers_next_ = 0;
  caf::optional<held_trip> present_;
  caf::optional<held_trip> queued_;
  caf::optional<nearly_free> nearly_;
  caf::optional<driver_moved> place_;
  driver_presence presence_;
  trip_questions questions_;
  timestamp free_since_;
  bool contactable_ = true;
};

} // namespace hansom
