#include "actors/driver/driver_presence.hpp"

#include <algorithm>

namespace hansom {

std::uint64_t driver_presence::next_rev(timestamp now) {
  auto floor = static_cast<std::uint64_t>(now.ms) << 10;
  rev_ = std::max(rev_ + 1, floor);
  return rev_;
}

void driver_presence::show(runtime& rt, driver_id me, const wish& x,
                           bool refresh) {
  auto to = x.now == standing::gone ? cell_id{} : x.cell;
  if (cell_ && cell_ != to) {
    driver_status gone;
    gone.driver = me;
    gone.rev = next_rev(rt.now());
    rt.send_urgent(cell_, gone);
  }
  auto same = cell_ == to && last_ == x.now && free_at_ == x.free_at;
  cell_ = to;
  last_ = to ? x.now : standing::gone;
  free_at_ = x.free_at;
  if (!to || (same && !refresh))
    return;
  rt.send_urgent(to,
                 driver_status{me, x.now, x.at, x.time, x.classes, x.free_since,
                               x.free_at, next_rev(rt.now())});
}

} // namespace hansom
