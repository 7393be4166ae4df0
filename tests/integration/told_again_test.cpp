// A ride ends while its rider is away, the node is killed, and nothing is left
// that would replay the end: rider and driver are told of it nevertheless.

#include "tests/integration/witness.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <thread>

using namespace hansom;
using namespace hansom::testing;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

json place(double lat, double lon) {
  return {{"lat", lat}, {"lon", lon}};
}

json of_trip(const char* type, const std::string& trip) {
  return {{"type", type}, {"trip", trip}};
}

void done(const json& answer) {
  CAPTURE(answer.dump());
  CHECK(answer.value("type", "") == "ack");
}

/// A client of before, with a session that the node no longer has.
json lost_session(const std::string& session, const std::string& trip) {
  return {{"resume", {{"session", session}, {"seq", 1}}}, {"trip", trip}};
}

} // namespace

TEST_CASE("a ride's end is told after kill -9, to those who took part") {
  node_process node{{"log.level=warn"}};
  protocol_document document{std::string{HANSOM_SOURCE_DIR}
                             + "/protocol/asyncapi.yaml"};
  testimony all{node, document, {}, {}};
  witness driver{all};
  auto his = driver.hello(client_role::driver, 901).value("session", "");
  done(driver.ask({{"type", "shift.start"}}));
  driver.stand(0);
  witness rider{all};
  auto hers = rider.hello(client_role::rider, 902).value("session", "");
  auto quote = rider.ask({{"type", "quote"},
                          {"pickup", place(40.758, -73.9855)},
                          {"dropoff", place(40.7061, -74.0087)}});
  auto request =
    json{{"type", "trip.request"}, {"quote", quote.value("quote", "")}};
  auto trip = rider.ask(request).value("trip", "");
  driver.hear("offer");
  done(driver.ask(of_trip("offer.accept", trip)));
  auto arrived = of_trip("trip.arrived", trip);
  arrived["at"] = place(40.758, -73.9855);
  done(driver.ask(arrived));
  done(driver.ask(of_trip("trip.start", trip)));
  rider.hear_phase(trip, "on_trip");
  rider.cut();
  done(driver.ask(of_trip("trip.complete", trip)));
  driver.cut();
  node.kill_and_restart();

  witness back{all};
  auto welcome = back.hello(client_role::rider, 902, lost_session(hers, trip));
  CHECK_FALSE(welcome.value("resumed", true));
  CHECK_FALSE(back.hear("resync").at("state").contains("trip"));
  back.hear_phase(trip, "completed");
  CHECK(back.hear("receipt").value("trip", "") == trip);
  witness driver_back{all};
  driver_back.hello(client_role::driver, 901, lost_session(his, trip));
  driver_back.hear_phase(trip, "completed");
  CHECK(driver_back.hear("receipt").value("trip", "") == trip);

  // A stranger learns nothing.
  testimony other{node, document, {}, {}};
  witness stranger{other};
  stranger.hello(client_role::rider, 903, lost_session(hers, trip));
  stranger.hear("resync");
  stranger.ask({{"type", "nearby"}, {"at", place(40.758, -73.9855)}});
  std::this_thread::sleep_for(300ms);
  stranger.tell({{"type", "heartbeat"}});
  stranger.hear("heartbeat");
  CHECK(other.messages.count("trip") == 0);
  CHECK(other.messages.count("receipt") == 0);
}
