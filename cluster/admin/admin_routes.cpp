#include "cluster/admin/admin_routes.hpp"

#include "cluster/admin/admin_desk.hpp"

#include <nlohmann/json.hpp>

namespace hansom {

namespace {

nlohmann::json row_of(const cell_picture& x, std::uint64_t mailbox) {
  return {{"cell", to_string(x.cell)},    {"mailbox", mailbox},
          {"surge_milli", x.surge_milli}, {"free", x.free},
          {"soon_free", x.soon_free},     {"busy", x.busy},
          {"waiting", x.waiting},         {"proposed", x.proposed}};
}

void list_cells(const shared_desk& desk, const http_request&,
                const http_reply& reply) {
  desk->cells({}, [desk, reply](const city_picture& city) {
    auto body = signed_answer(*desk);
    body["at_ms"] = city.at.ms;
    body["cells"] = nlohmann::json::array();
    for (auto& x : city.cells) {
      auto watch = desk->node.entities().watch_of(x.cell);
      body["cells"].push_back(row_of(x, watch ? watch->depth() : 0));
    }
    body["silent"] = nlohmann::json::array();
    for (auto& x : city.silent)
      body["silent"].push_back(to_string(x));
    body["more"] = city.cut;
    reply(json_response(body));
  });
}

} // namespace

shared_desk add_admin_routes(http_routes& routes, runtime& node,
                             std::string node_name,
                             std::unique_ptr<store::connection> reads,
                             elsewhere* others) {
  auto desk =
    std::make_shared<admin_desk>(node, std::move(node_name), std::move(reads));
  desk->others = others;
  routes.add("GET", "/v1/admin/cells",
             of_all_nodes(desk, in_back_room(desk, list_cells)));
  add_actor_routes(routes, desk);
  add_health_views(routes, desk);
  add_trip_routes(routes, desk);
  add_vitals(routes, desk);
  return desk;
}

} // namespace hansom
