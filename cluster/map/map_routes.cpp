#include "cluster/map/map_routes.hpp"

#include "cluster/admin/query_text.hpp"
#include "cluster/admin/rights.hpp"

namespace hansom {

map_feed::source map_pictures(cell_source cells) {
  return [cells = std::move(cells)](map_feed::taker done) {
    cells(map_ask{map_book::cars_max, map_book::asks_max}, std::move(done));
  };
}

void add_map_routes(http_routes& routes, map_feed& feed) {
  routes.add(
    "GET", "/v1/admin/map",
    [&feed](const http_request& request, const http_reply& reply) {
      if (!may_look(request, reply))
        return;
      std::size_t after = 0;
      if (!query_number(request.query, "after", 0, SIZE_MAX / 2, after))
        return reply(problem(error_code::out_of_range,
                             "after: expected the number of a frame"));
      auto answer = [reply](std::string text) {
        reply({200,
               "application/json",
               std::move(text),
               {{"Cache-Control", "no-store"}}});
      };
      if (!feed.look(after, answer))
        reply(
          problem(error_code::overloaded, "Too many look at the map already."));
    });
}

} // namespace hansom
