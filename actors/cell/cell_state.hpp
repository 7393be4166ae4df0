#pragma once

#include "actors/cell/cell_books.hpp"
#include "actors/cell/cell_picture.hpp"
#include "actors/cell/cell_report.hpp"
#include "actors/cell/cell_surroundings.hpp"
#include "actors/cell/match_round.hpp"
#include "actors/cell/surge_book.hpp"
#include "actors/runtime/runtime.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hansom {

/// What one CELL knows and does. Talks to others through the runtime alone;
/// time comes from there too. Used by one actor.
class cell_state {
public:
  /// Neighbours that have not answered by then are done without.
  static constexpr milliseconds lend_timeout{100};
  /// A proposal without any sign of life counts as lost, beyond the offer's
  /// own time.
  static constexpr milliseconds lost_after{10'000};
  /// A driver who refused is left alone; his new status ends it.
  static constexpr milliseconds shun_for{5'000};
  /// A request that nobody at all can serve asks neighbours only so often.
  static constexpr milliseconds search_pause{5'000};
  /// Requests that a round left over wait at least so long for the next, also
  /// where windows are set to nothing.
  static constexpr milliseconds left_over_wait{250};
  /// The first search around a request that the own cell cannot serve.
  static constexpr std::uint32_t first_radius_m = 1000;
  /// What `nearby` shows at most.
  static constexpr std::size_t nearby_max = 8;

  cell_state(runtime& node, cell_id cell, const cell_record& stored);
  ~cell_state();
  cell_state(const cell_state&) = delete;
  cell_state& operator=(const cell_state&) = delete;

  /// Sets the clockwork going; before the first message.
  void start();

  // -- drivers ----------------------------------------------------------------

  void positions(const position_batch& x);
  void status(const driver_status& x);

  // -- requests ---------------------------------------------------------------

  void want(const want_driver& x);
  void unwant(const unwant_driver& x);
  void answered(const proposal_answer& x);

  // -- neighbours -------------------------------------------------------------

  void borrowed(const borrow& x);
  void lent(const lend& x);
  void hint(const surge_hint& x);

  // -- time and journal -------------------------------------------------------

  void alarm(std::uint64_t token);

  /// @returns what to commit, once; the answer goes to `committed`.
  [[nodiscard]] std::optional<commit_request> take_commit();

  /// @returns `false` when the cell's idea of the journal is wrong: the actor
  ///          must end, to be loaded anew.
  bool committed(const commit_result& x);

  /// Tells drivers a price that has become durable, once.
  void tell_price();

  /// @returns whether memory would lose nothing with this cell.
  [[nodiscard]] bool is_idle() const;
  /// Whether it may leave although drivers are in its books.
  [[nodiscard]] bool may_leave() const;

  // -- questions --------------------------------------------------------------

  void quote(const client_ref& from, const quote_ask& x);
  void nearby(const client_ref& from, const nearby_ask& x);
  [[nodiscard]] std::string describe() const;
  void report(probe& p) const;
  [[nodiscard]] std::string explain(trip_id trip) const;
  [[nodiscard]] cell_picture picture(const map_ask& x) const;

private:
  /// An alarm's token is its kind and a number.
  enum class bell : std::uint8_t { round = 1, lend, guard, update };
  static std::uint64_t token(bell kind, std::uint64_t n) noexcept {
    return (std::uint64_t{static_cast<std::uint8_t>(kind)} << 56)
           | (n & 0x00ff'ffff'ffff'ffffULL);
  }

  [[nodiscard]] timestamp now() const {
    return node_.now();
  }
  [[nodiscard]] const dispatch_config& config() const {
    return node_.config();
  }

  // A round: consider -> begin -> (ask neighbours -> lent...) -> close.
  void consider();
  [[nodiscard]] milliseconds window() const;
  void ring_round_at(timestamp due);
  void round_rang();
  void begin_round(bool whatever_window);
  void search_on();
  [[nodiscard]] std::uint32_t circle_for(std::size_t i, std::uint32_t searched);
  bool ask_neighbours();
  bool write_to(std::size_t i, std::uint32_t radius_m,
                std::map<cell_id, borrow>& letters);
  void close_round();
  void propose(const match_pairing& x);
  void observe_round(std::size_t pairs);
  void update();

  runtime& node_;
  cell_id cell_;
  store::epoch epoch_; ///< Under which the cell was loaded.
  driver_books drivers_;
  request_book requests_;
  surge_book surge_;
  explanation_log explained_;

  // -- the present round
  std::optional<match_round> round_;
  bool solve_whatever_window_ = false;
  std::set<cell_id> asked_; ///< Who has not answered yet.
  /// Per request of the round, whom it has asked.
  std::vector<std::vector<cell_id>> covered_;
  std::optional<cell_surroundings> around_; ///< Made when first needed.

  // -- between rounds
  bool news_ = false; ///< Somebody has come since the last round began.
  std::uint64_t last_round_ = 0;
  timestamp gathering_since_; ///< When the present batch was opened.
  timestamp ring_at_;         ///< The alarm that we wait for; 0: none.
  std::uint64_t ring_number_ = 0;
  std::size_t supply_ = 0; ///< Candidates left, as the last round saw it.
  timestamp supply_known_;

  // -- the surge change on its way
  std::optional<surge_changed> change_;
  std::uint64_t commit_token_ = 0;
  std::uint64_t update_number_ = 0;
  timestamp busy_at_; ///< Last time that anything was here.

  cell_figures figures_;
};

} // namespace hansom
