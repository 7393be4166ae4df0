#include "actors/driver/driver_actor.hpp"

#include "actors/driver/driver_state.hpp"
#include "actors/runtime/handlers.hpp"
#include "actors/runtime/spawn_entity.hpp"

namespace hansom {

namespace {

using driver_shell = entity_shell<driver_state, driver_actor>;

driver_actor::behavior_type driver(driver_shell* self, runtime* rt,
                                   entity_ref who, const activation& with) {
  self->state.init(self, rt, who, with);
  using s = driver_state;
  return {
    mail<attach>(self, &s::came),
    mail<detach>(self, &s::went),
    mail<believed_trip>(self, &s::believed),
    mail<driver_moved>(self, &s::moved),
    mail<offer_proposal>(self, &s::proposed),
    mail<trip_for_driver>(self, &s::told),
    mail<nearly_free>(self, &s::nearly),
    mail<surge_news>(self, &s::priced),
    mail<alarm_rang>(self, &s::rang),
    answer<commit_result>(self),
    answer<lookup_result>(self),
    command<shift_start>(self),
    command<shift_end>(self),
    command<offer_accept>(self),
    command<offer_decline>(self),
    [self](const describe&) { return self->state.describe(); },
    leave(self),
  };
}

} // namespace

caf::actor spawn_driver(runtime& rt, entity_ref who, activation with,
                        std::shared_ptr<probe> watch) {
  return spawn_entity<driver_shell>(rt, driver, who, std::move(with),
                                    std::move(watch));
}

} // namespace hansom
