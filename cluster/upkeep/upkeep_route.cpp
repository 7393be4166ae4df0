#include "cluster/upkeep/upkeep_route.hpp"

#include "cluster/admin/rights.hpp"

namespace hansom {

void add_upkeep_route(http_routes& routes, upkeep_source from) {
  routes.add(
    "GET", "/v1/admin/upkeep",
    [from = std::move(from)](const http_request& request,
                             const http_reply& reply) {
      if (!may_look(request, reply))
        return;
      auto* x = from();
      reply({200, "application/json", x ? describe_upkeep(*x) : "{}", {}});
    });
}

} // namespace hansom
