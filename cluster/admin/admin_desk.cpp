#include "cluster/admin/admin_desk.hpp"

#include <nlohmann/json.hpp>

namespace hansom {

using document = nlohmann::json;

http_handler in_back_room(const shared_desk& desk, desk_handler handle) {
  return [=](http_request request, const http_reply& reply) {
    if (!may_look(request, reply))
      return;
    auto question = std::make_shared<http_request>(std::move(request));
    auto job = [weak = std::weak_ptr{desk}, question, reply, handle] {
      auto d = weak.lock();
      if (!d)
        return;
      try {
        handle(d, *question, reply);
      } catch (const std::exception& e) {
        reply(problem(error_code::store_unavailable, e.what()));
      }
    };
    if (!desk->room.run(std::move(job)))
      reply(problem(error_code::overloaded,
                    "too many questions of the console wait already"));
  };
}

http_handler at_once(const shared_desk& desk, desk_handler handle) {
  return [=](const http_request& request, const http_reply& reply) {
    if (may_look(request, reply))
      handle(desk, request, reply);
  };
}

http_handler of_all_nodes(const shared_desk& desk, http_handler here) {
  if (!desk->others)
    return here;
  return [others = desk->others, here = std::move(here)](
           const http_request& request, const http_reply& reply) {
    others->gather(here, request, reply);
  };
}

bool is_forwarded(const admin_desk& desk, entity_ref about,
                  const http_request& request, const http_reply& reply) {
  return desk.others && desk.others->forward(about, request, reply);
}

http_response json_response(const document& body) {
  constexpr auto as_is = -1;
  return {200,
          "application/json",
          body.dump(as_is, ' ', false, document::error_handler_t::replace),
          {}};
}

document signed_answer(const admin_desk& desk) {
  return {{"node", desk.node_name}, {"at_ms", desk.node.now().ms}};
}

} // namespace hansom
