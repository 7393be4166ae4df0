#pragma once

#include "actors/cell/driver_index.hpp"
#include "actors/cell/match_cost.hpp"
#include "actors/cell/position_pack.hpp"
#include "actors/messages.hpp"

#include <unordered_map>
#include <vector>

/// What a cell knows of drivers and of waiting requests. Plain types: no
/// actor, no clock. Not thread-safe. Everything has a bound.
namespace hansom {

/// A driver as the cell last heard of him.
struct booked_driver {
  standing now = standing::gone;
  class_mask classes = 1;
  std::uint64_t rev = 0;
  geo_point at;    ///< With soon_free: the drop-off.
  timestamp time;  ///< Of the position.
  timestamp heard; ///< Last status, by the cell's clock.
  timestamp free_since;
  timestamp free_at; ///< With soon_free.
};

/// The drivers of one cell.
class driver_books {
public:
  static constexpr std::size_t drivers_max = 100'000;
  /// Who is not heard of for so long is forgotten; his status is repeated more
  /// often than that.
  static constexpr milliseconds silent_max{300'000};

  enum class outcome : std::uint8_t {
    noted,
    freed, ///< May be proposed now and could not before.
    stale, ///< An older status came after a newer one.
    full,
  };

  driver_books(geo_box box, std::uint32_t bucket_m);

  outcome note(const driver_status& x, timestamp now);

  /// @returns `false` when nobody of that name is here.
  bool move(const packed_position& x);

  /// He, of this cell or of another, has refused a proposal: not to be proposed
  /// again before `until` or his next change of status.
  void shun(driver_id driver, timestamp until);
  [[nodiscard]] bool is_shunned(driver_id driver, timestamp now) const;

  /// Forgets whoever is silent, and refusals of old. @returns how many drivers.
  std::size_t forget_silent(timestamp now);

  /// @returns null when unknown or gone.
  [[nodiscard]] const booked_driver* find(driver_id driver) const;

  /// Calls `visit(driver_id)` for each who is not gone, in no order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& [driver, x] : all_)
      if (x.now != standing::gone)
        visit(driver);
  }

  /// Calls `visit(driver_id, const booked_driver&)` for each who is not gone.
  template <class Visitor>
  void for_each_booked(Visitor&& visit) const {
    for (const auto& [driver, x] : all_)
      if (x.now != standing::gone)
        visit(driver, x);
  }

  /// Free drivers, where they are.
  [[nodiscard]] const driver_index& free() const noexcept {
    return free_;
  }
  /// Soon-free drivers, where they will be.
  [[nodiscard]] const driver_index& soon_free() const noexcept {
    return soon_free_;
  }
  /// Free drivers whose position is not older than `age`.
  [[nodiscard]] std::size_t fresh(timestamp now, milliseconds age) const;

  [[nodiscard]] std::size_t size() const noexcept {
    return present_;
  }

private:
  driver_index free_;
  driver_index soon_free_;
  std::unordered_map<driver_id, booked_driver> all_;
  std::unordered_map<driver_id, timestamp> shunned_;
  std::size_t present_ = 0; ///< Not gone.
};

/// @returns the driver as matching sees him, with `taken` left to the caller.
match_driver to_match_driver(driver_id driver, const booked_driver& x,
                             timestamp now);

/// A request that waits for a driver, or for the answer of one.
struct waiting_request {
  want_driver want;
  timestamp heard;            ///< Last repetition.
  driver_id proposed_to;      ///< Zero: to be matched.
  timestamp out_until;        ///< Then the proposal counts as lost.
  std::uint32_t radius_m = 0; ///< Of the last search.
  timestamp search_again;     ///< No neighbour is asked before.
};

/// The requests of one cell.
class request_book {
public:
  static constexpr std::size_t requests_max = 20'000;
  /// Ended requests whose late repetitions are still recognised.
  static constexpr std::size_t ended_max = 1024;

  enum class outcome : std::uint8_t {
    fresh,    ///< The cell's first word of this search.
    reopened, ///< Its offer has been closed; it waits again.
    known,
    stale, ///< A repetition from before what the cell knows.
    full,
  };

  outcome want(const want_driver& x, timestamp now);

  /// @returns whether it was here.
  bool unwant(trip_id trip);
  /// As if it had never been here: the next want is fresh.
  void forget(trip_id trip);

  /// The request is out on a proposal.
  void proposed(trip_id trip, driver_id driver, timestamp until);

  /// Neighbours within `radius_m` have been asked; not again before `again`.
  void searched(trip_id trip, std::uint32_t radius_m, timestamp again);

  /// The driver would not hold the offer.
  /// @returns `false` when that proposal is not the present one.
  bool refused(trip_id trip, driver_id driver);

  /// Proposals whose answer never came wait again. @returns how many.
  std::size_t reopen_lost(timestamp now);

  /// Forgets requests that have not been repeated since `before`: their trip
  /// has ended without our hearing of it. @returns how many.
  std::size_t forget_silent(timestamp before);

  /// Requests to be matched, longest wait first; pointers hold until the next
  /// change.
  [[nodiscard]] std::vector<waiting_request*> open();

  [[nodiscard]] std::size_t open_count() const noexcept {
    return all_.size() - proposals_.size();
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return all_.size();
  }
  /// @returns whether this cell has a proposal or an offer out to the driver.
  [[nodiscard]] bool is_proposed(driver_id driver) const {
    return proposals_.count(driver) != 0;
  }
  [[nodiscard]] const waiting_request* find(trip_id trip) const;

  /// Calls `visit(const waiting_request&)` for each, in no order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& [trip, x] : all_)
      visit(x);
  }

private:
  void reopen(waiting_request& x);
  void remember_ended(trip_id trip, std::uint32_t rev);

  std::unordered_map<trip_id, waiting_request> all_;
  std::unordered_map<driver_id, trip_id> proposals_;
  std::unordered_map<trip_id, std::uint32_t> ended_; ///< With the last rev.
  std::vector<trip_id> ended_order_;                 ///< A ring.
  std::size_t ended_next_ = 0;
};

} // namespace hansom
