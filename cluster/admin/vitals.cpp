#include "cluster/admin/admin_desk.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace hansom {

namespace {

using document = nlohmann::json;
using steady = std::chrono::steady_clock;

/// However many look, a node counts itself no more often.
constexpr std::chrono::seconds fresh_for{1};

/// What a route says by itself; an empty text when it is not there. Only for
/// those that answer at once.
std::string said_by(const http_routes& routes, std::string path) {
  http_request question;
  question.method = "GET";
  question.path = std::move(path);
  std::string said;
  routes.handle(std::move(question), [&said](http_response x) {
    // Unwell is an answer.
    if (x.status == 200 || x.status == 503)
      said = std::move(x.body);
  });
  return said;
}

/// Of the back room's thread.
struct last_look {
  std::optional<steady::time_point> at;
  document row;
};

document row_of(const admin_desk& desk, const http_routes& routes) {
  auto health =
    document::parse(said_by(routes, "/health/ready"), nullptr, false);
  return {{"node", desk.node_name},
          {"at_ms", desk.node.now().ms},
          {"health", health.is_object() ? std::move(health) : document{}},
          {"metrics", said_by(routes, "/metrics")}};
}

} // namespace

void add_vitals(http_routes& routes, const shared_desk& desk) {
  auto show = [&routes, last = std::make_shared<last_look>()](
                const shared_desk& d, const http_request&,
                const http_reply& reply) {
    auto now = steady::now();
    if (!last->at || now - *last->at >= fresh_for) {
      last->row = row_of(*d, routes);
      last->at = now;
    }
    auto body = signed_answer(*d);
    body["vitals"] = document::array({last->row});
    reply(json_response(body));
  };
  routes.add("GET", "/v1/admin/vitals",
             of_all_nodes(desk, in_back_room(desk, std::move(show))));
}

} // namespace hansom
