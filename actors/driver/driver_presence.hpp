#pragma once

#include "actors/messages.hpp"
#include "actors/runtime/runtime.hpp"

namespace hansom {

/// Which cell knows the driver, and as what. Tells the cells only what they do
/// not know yet, under a revision that never falls: not by a restart either,
/// since it begins with the time.
class driver_presence {
public:
  struct wish {
    cell_id cell; ///< Zero: none.
    standing now = standing::gone;
    geo_point at;
    timestamp time;
    std::uint8_t classes = 1;
    timestamp free_since;
    timestamp free_at;
  };

  /// @param refresh says it again even if nothing has changed.
  void show(runtime& rt, driver_id me, const wish& x, bool refresh);

  [[nodiscard]] standing last() const noexcept {
    return last_;
  }
  /// @returns the cell that knows him; zero: none.
  [[nodiscard]] cell_id cell() const noexcept {
    return cell_;
  }

private:
  std::uint64_t next_rev(timestamp now);

  cell_id cell_; ///< That knows him; zero: none.
  standing last_ = standing::gone;
  timestamp free_at_;
  std::uint64_t rev_ = 0;
};

} // namespace hansom
