#include "actors/trip/trip_actor.hpp"

#include "actors/runtime/handlers.hpp"
#include "actors/runtime/spawn_entity.hpp"
#include "actors/trip/trip_state.hpp"

namespace hansom {

namespace {

using trip_shell = entity_shell<trip_state, trip_actor>;

trip_actor::behavior_type trip(trip_shell* self, runtime* rt, entity_ref who,
                               const activation& with) {
  self->state.init(self, rt, who, with);
  using s = trip_state;
  return {
    mail<open_trip>(self, &s::open),
    mail<offer_held>(self, &s::held),
    mail<offer_taken>(self, &s::taken),
    mail<offer_ended>(self, &s::ended),
    mail<your_turn>(self, &s::turn),
    mail<driver_unreachable>(self, &s::lost),
    mail<trip_position>(self, &s::seen),
    mail<tell_again>(self, &s::tell),
    mail<alarm_rang>(self, &s::rang),
    answer<commit_result>(self),
    answer<lookup_result>(self),
    command<trip_arrived>(self),
    command<trip_start>(self),
    command<trip_complete>(self),
    command<trip_cancel>(self),
    command<trip_no_show>(self),
    command<trip_rate>(self),
    command<trip_end>(self),
    [self](const describe&) { return self->state.describe(); },
    leave(self),
  };
}

} // namespace

caf::actor spawn_trip(runtime& rt, entity_ref who, activation with,
                      std::shared_ptr<probe> watch) {
  return spawn_entity<trip_shell>(rt, trip, who, std::move(with),
                                  std::move(watch));
}

} // namespace hansom
