#include "tests/unit/gateway/server_fixture.hpp"

#include "actors/cell/position_pack.hpp"
#include "protocol/server_frames.hpp"

namespace hansom::testing {

namespace {

/// Finds trips below 1000 in the store, and nothing else.
caf::behavior scripted_reader(caf::event_based_actor* self) {
  return {[self](const load_entity& x) {
    load_result result;
    result.token = x.token;
    result.found = x.entity.kind == entity_kind::trip && x.entity.id < 1000;
    result.entity.entity = x.entity;
    self->send(caf::actor_cast<caf::actor>(self->current_sender()),
               std::move(result));
  }};
}

caf::behavior scripted_entity(caf::event_based_actor* self, runtime* rt,
                              scripted_city* city, entity_ref who) {
  self->set_default_handler(caf::drop);
  auto answer = [=](const client_ref& from, const char* what) {
    city->note(std::string{what} + ' ' + to_string(who));
    if (!city->silent_to_commands)
      rt->reply(from, ack_body());
  };
  return {
    [=](const attach& x) {
      bool silent = city->silent_to_attach; // Who sees the note may change it.
      city->note("attach " + to_string(who), x.session);
      if (!silent)
        rt->clients().attached(x.session,
                               R"({"me":")" + to_string(who) + "\"}");
    },
    [=](const detach&) { city->note("detach " + to_string(who)); },
    [=](const believed_trip& x) {
      city->note(to_string(who) + " believes in " + to_string(x.trip));
    },
    [=](const driver_moved&) { city->note("moved " + to_string(who)); },
    [=](const position_batch& x) {
      city->positions += packed_count(x.packed);
      city->note("batch");
    },
    [=](const trip_position& x) {
      city->note(x.track_only ? "track" : "trip position");
    },
    [=](const client_ref& from, const shift_start&) {
      answer(from, "shift.start");
    },
    [=](const client_ref& from, const offer_accept&) {
      answer(from, "offer.accept");
    },
    [=](const client_ref& from, const trip_start&) {
      answer(from, "trip.start");
    },
    [=](const client_ref& from, const quote_ask&) { answer(from, "quote"); },
  };
}

} // namespace

server::server(std::function<void(gateway_config&)> adapt,
               resume_mirror* mirror, hello_limit* hellos,
               const std::function<void(gateway&)>& prepare) {
  system_config.add_message_types<caf::id_block::hansom>();
  system_config.set("scheduler.max-threads", 2);
  system = std::make_unique<caf::actor_system>(system_config);
  gateway_config config;
  config.port = 0;
  config.threads = 2;
  config.sweep = 20ms;
  config.keys = {{jwt_algorithm::hs256, std::string{test_secret}}};
  if (adapt)
    adapt(config);
  door = std::make_unique<gateway>(std::move(config));
  door->share(mirror, hellos);
  if (prepare)
    prepare(*door);
  reader_ = system->spawn(scripted_reader);
  runtime::parts parts;
  parts.clients = door.get();
  parts.reader = reader_;
  parts.wall_at_start = {1'750'000'000'000};
  actors = std::make_unique<runtime>(*system, std::move(parts));
  for (auto kind : {entity_kind::driver, entity_kind::rider, entity_kind::trip,
                    entity_kind::cell})
    actors->set_factory(kind,
                        [this](runtime& rt, entity_ref who, activation,
                               std::shared_ptr<probe>) -> caf::actor {
                          return system->spawn(scripted_entity, &rt, &city,
                                               who);
                        });
  actors->start();
  door->start(*actors, 1);
}

server::~server() {
  door->stop();
  actors->stop();
  caf::anon_send_exit(reader_, caf::exit_reason::user_shutdown);
  reader_ = nullptr;
  system->await_all_actors_done(); // They know `actors` and `city`.
  actors.reset();
  system.reset();
}

double server::metric(const std::string& name) {
  raw_client c{port()};
  auto text = c.get("/metrics");
  auto at = text.find('\n' + name + ' ');
  return at == std::string::npos
           ? -1
           : std::atof(text.c_str() + at + name.size() + 2);
}

} // namespace hansom::testing
