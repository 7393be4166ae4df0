#include "cluster/admin/introspection.hpp"

namespace hansom {

namespace {

/// One question to one actor, then gone.
template <class Question>
void ask(runtime& node, const caf::actor& whom, Question question,
         std::function<void(std::string)> done) {
  if (!whom)
    return done({});
  node.system().spawn<caf::hidden>(
    [=](caf::event_based_actor* self) -> caf::behavior {
      self
        ->request<caf::message_priority::high>(
          whom, caf::duration{answer_within}, question)
        .then([=](const std::string& answer) { done(answer); },
              [=](const caf::error&) { done({}); });
      return {};
    });
}

} // namespace

void introspection::describe_actor(entity_ref who,
                                   std::function<void(std::string)> done) {
  ask(node_, node_.entities().find(who), describe{}, std::move(done));
}

void introspection::explain_trip(cell_id cell, trip_id trip,
                                 std::function<void(std::string)> done) {
  ask(node_, node_.entities().find(cell), explain{trip}, std::move(done));
}

} // namespace hansom
