#pragma once

#include "cluster/admin/admin_routes.hpp"
#include "tests/unit/actors/ride_fixture.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json_fwd.hpp>

#include <future>
#include <string>
#include <vector>

namespace hansom::testing {

/// The admin interface over a city, without sockets.
class admin_fixture : public ride_fixture {
public:
  admin_fixture() {
    // Probes keep time by the real clock; only the routes under test run on a
    // thread of their own, and none of these asks an actor.
    desk = add_admin_routes(routes, node(), "n1", open_store());
    desk->audit = [this](audit_record x) { audited.push_back(std::move(x)); };
  }
  ~admin_fixture() {
    desk->room.stop();
  }

  http_response get(std::string path, client_role role = client_role::viewer) {
    auto question = path.find('?');
    http_request x;
    x.method = "GET";
    x.path = path.substr(0, question);
    if (question != std::string::npos)
      x.query = path.substr(question + 1);
    return send(std::move(x), role);
  }

  http_response post(std::string path, std::string body, client_role role) {
    http_request x;
    x.method = "POST";
    x.path = std::move(path);
    x.body = std::move(body);
    return send(std::move(x), role);
  }

  /// For what is answered later, by the clock.
  void send_and_forget(std::string path, std::string body, client_role role) {
    http_request x;
    x.method = "POST";
    x.path = std::move(path);
    x.body = std::move(body);
    x.who = identity{};
    x.who->role = role;
    x.who->subject = "77";
    routes.handle(std::move(x), [](auto&&) {});
    settle();
  }

  /// A view that must be there.
  nlohmann::json list(std::string path);

  http_routes routes;
  shared_desk desk;
  std::vector<audit_record> audited;

private:
  http_response send(http_request x, client_role role) {
    x.who = identity{};
    x.who->role = role;
    x.who->subject = "77";
    auto done = std::make_shared<std::promise<http_response>>();
    routes.handle(std::move(x),
                  [done](http_response y) { done->set_value(std::move(y)); });
    auto answer = done->get_future();
    REQUIRE(answer.wait_for(10s) == std::future_status::ready);
    return answer.get();
  }
};

} // namespace hansom::testing
