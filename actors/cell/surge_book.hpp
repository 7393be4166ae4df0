#pragma once

#include "actors/cell/surge.hpp"
#include "actors/messages.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hansom {

/// What a cell must not forget: its price. Stored as JSON with each change.
struct cell_record {
  std::uint32_t surge_milli = 1000;
  std::uint64_t rev = 0; ///< Journal seq of the last change.
};
HANSOM_RECORD(cell_record, surge_milli, rev)

std::string encode(const cell_record& x);
/// @returns `false` when the text is no such record; `why` then says what.
bool decode(std::string_view text, cell_record& out, std::string& why);

/// The price of one cell: what is counted for it, and the rule that a change
/// is shown only once it is durable. Plain code.
class surge_book {
public:
  static constexpr std::size_t neighbours_max = 16;

  surge_book(const surge_config& config, const cell_record& stored);

  /// Somebody has requested a ride.
  void demanded(timestamp now) noexcept {
    demand_.add(now);
  }

  /// A neighbour's ratio; forgotten when it is not repeated.
  void hear(const surge_hint& x);

  /// One update. While a change is on its way to the journal there is none.
  /// @returns the event to journal; `settle` must follow.
  std::optional<surge_changed> update(std::size_t supply, timestamp now);

  /// What is stored with the event that `update` returned.
  [[nodiscard]] cell_record next() const noexcept;

  /// The journal has answered.
  void settle(bool committed) noexcept;

  /// @returns whether the durable price has changed since the last call.
  bool take_news() noexcept {
    return std::exchange(news_, false);
  }

  /// The durable price: the only one that anybody is told.
  [[nodiscard]] std::uint32_t price_milli() const noexcept {
    return durable_.surge_milli;
  }
  [[nodiscard]] bool in_flight() const noexcept {
    return in_flight_;
  }
  [[nodiscard]] const surge_state& state() const noexcept {
    return state_;
  }
  [[nodiscard]] const cell_record& durable() const noexcept {
    return durable_;
  }
  /// @returns requests within the window.
  [[nodiscard]] std::uint64_t demand(timestamp now) const noexcept {
    return demand_.count(now);
  }
  /// @returns whether the price is at rest and nobody asks for rides.
  [[nodiscard]] bool is_quiet(timestamp now) const noexcept;

private:
  struct neighbour {
    std::uint32_t ratio_milli = 0;
    timestamp at;
  };

  const surge_config& config_;
  cell_record durable_;
  surge_state state_;
  sliding_count demand_;
  std::map<cell_id, neighbour> neighbours_;
  bool in_flight_ = false;
  bool news_ = false; ///< Drivers have not been told the price.
};

} // namespace hansom
