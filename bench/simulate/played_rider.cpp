#include "actors/cell/cell_cover.hpp"
#include "bench/simulate/world.hpp"

/// How riders behave: they ask for a price, take it, and wait as long as the
/// system lets them.
namespace hansom::simulate {

void world::ask_quote(std::uint32_t rider) {
  auto& x = riders_[rider];
  x.now = played_rider::fate::asked;
  rider_id id{rider + 1};
  node_->send(id, attach{{1, 0, rider_sessions + rider}, "phone"});
  node_->send(cell_of(x.pickup, config_.cell_level),
              from(id, rider_sessions + rider),
              quote_ask{x.pickup, x.dropoff, {}});
}

void world::read_rider(std::uint32_t rider, const fleet::server_frame& x) {
  using fleet::frame_kind;
  using fate = played_rider::fate;
  auto& me = riders_[rider];
  rider_id id{rider + 1};
  if (x.kind == frame_kind::quote && me.now == fate::asked) {
    me.now = fate::waiting;
    node_->send(id, from(id, rider_sessions + rider),
                trip_request{x.quote->quote});
  } else if (x.kind == frame_kind::trip) {
    rider_sees(rider, *x.view);
  } else if (x.kind == frame_kind::error
             && (me.now == fate::asked || me.now == fate::waiting)) {
    me.now = fate::refused;
    ++sum_.refused;
    --open_riders_;
  }
}

void world::rider_sees(std::uint32_t rider, const trip_view& x) {
  using fate = played_rider::fate;
  auto& me = riders_[rider];
  if (x.phase == trip_phase::arrived && me.now == fate::waiting) {
    me.now = fate::riding;
    waits_ms_.add((now_ - me.requested_at).count());
  }
  if (!is_terminal(x.phase) || me.now == fate::served
      || me.now == fate::expired)
    return;
  auto served = x.phase == trip_phase::completed;
  me.now = served ? fate::served : fate::expired;
  ++(served ? sum_.served : sum_.expired);
  --open_riders_;
  node_->send(rider_id{rider + 1}, detach{{1, 0, rider_sessions + rider}});
}

} // namespace hansom::simulate
