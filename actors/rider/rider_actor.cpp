#include "actors/rider/rider_actor.hpp"

#include "actors/rider/rider_state.hpp"
#include "actors/runtime/handlers.hpp"
#include "actors/runtime/spawn_entity.hpp"

namespace hansom {

namespace {

using rider_shell = entity_shell<rider_state, rider_actor>;

rider_actor::behavior_type rider(rider_shell* self, runtime* rt, entity_ref who,
                                 const activation& with) {
  self->state.init(self, rt, who, with);
  using s = rider_state;
  return {
    mail<attach>(self, &s::came),
    mail<detach>(self, &s::went),
    mail<believed_trip>(self, &s::believed),
    mail<open_failed>(self, &s::failed),
    mail<trip_for_rider>(self, &s::told),
    mail<driver_near>(self, &s::near),
    mail<alarm_rang>(self, &s::rang),
    answer<commit_result>(self),
    answer<lookup_result>(self),
    command<trip_request>(self),
    [self](const describe&) { return self->state.describe(); },
    leave(self),
  };
}

} // namespace

caf::actor spawn_rider(runtime& rt, entity_ref who, activation with,
                       std::shared_ptr<probe> watch) {
  return spawn_entity<rider_shell>(rt, rider, who, std::move(with),
                                   std::move(watch));
}

} // namespace hansom
