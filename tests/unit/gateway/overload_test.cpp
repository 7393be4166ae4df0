#include "gateway/admission/backlog.hpp"
#include "tests/unit/gateway/server_fixture.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>
#include <doctest/doctest.h>

#include <future>
#include <thread>

using namespace hansom;
using namespace hansom::testing;

namespace {

using steady = std::chrono::steady_clock;

} // namespace

TEST_CASE("a journal that takes long is no backlog; one with a queue is") {
  journal_writer_stats x;
  x.last_commit_ns = 2'000'000'000;
  x.queued = 255;
  CHECK(journal_lag(x, 256) == 0ns);
  x.queued = 600;
  CHECK(journal_lag(x, 256) == 4s);
  x.outage_began_ns = 1;
  CHECK(journal_lag(x, 256) == 0ns);
}

TEST_CASE("the sockets' probe waits as long as the loop is busy") {
  boost::asio::io_context io{1};
  socket_probe probe{io};
  CHECK(probe.lag(steady::now()) == 0ns);
  boost::asio::post(io, [&] {
    probe.send(steady::now());
    std::this_thread::sleep_for(30ms);
    CHECK(probe.lag(steady::now()) >= 30ms); // Also while it is under way.
  });
  io.run_for(100ms);
  CHECK(probe.lag(steady::now()) >= 30ms);
  probe.forget();
  CHECK(probe.lag(steady::now()) == 0ns);
  probe.stop();
  io.restart();
  io.run(); // Ends: nothing is left to wait for.
}

TEST_CASE("the actors' probe waits until a thread is free") {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  actor_probe probe{system};
  std::promise<void> inside, go;
  system.spawn(
    [&inside, until = go.get_future().share()](caf::event_based_actor*) {
      inside.set_value();
      until.wait();
    });
  inside.get_future().wait();
  auto sent = steady::now();
  probe.send(sent);
  probe.send(sent + 1h); // One is under way already.
  std::this_thread::sleep_for(30ms);
  CHECK(probe.lag(steady::now()) >= 30ms);
  go.set_value();
  // Asked for the moment it was sent, it tells only what is measured.
  for (int i = 0; i < 10'000 && probe.lag(sent) == 0ns; ++i)
    std::this_thread::sleep_for(2ms);
  CHECK(probe.lag(sent) >= 30ms);
  CHECK(probe.lag(sent) <= steady::now() - sent);
}

TEST_CASE("behind a journal that cannot follow, new work is refused in words") {
  auto written = std::make_shared<journal_writer_stats>();
  server s{[](auto& x) {
             x.threads = 1;
             x.commands = {};
             x.in_flight_max = 100;
           },
           nullptr, nullptr, [&](gateway& x) { x.watch(written, 256); }};
  raw_client driver{s.port()}, rider{s.port()};
  s.greet(driver);
  s.greet(rider, client_role::rider, "9");
  s.city.silent_to_commands = true;
  for (std::size_t i = 0; i < admission::busy_from; ++i)
    driver.send_frame(R"({"type":"shift.start","id":"a)" + std::to_string(i)
                      + "\"}");
  REQUIRE(s.city.wait_for("shift.start driver/7", admission::busy_from));
  written->last_commit_ns = 1'000'000'000;
  written->queued = 10'000;
  std::this_thread::sleep_for(2s);
  rider.send_frame(
    R"({"type":"nearby","id":"n1","at":{"lat":40.7,"lon":-73.9}})");
  auto refused = rider.expect(R"("re":"n1")");
  CHECK(has(refused, facts(error_code::overloaded).code));
  CHECK(has(refused, R"("temporary":true)"));
  CHECK(has(refused, "retry_after_ms"));
  CHECK(s.city.count("nearby rider/9") == 0);
  CHECK(s.metric(R"(hansom_gateway_drops_total{reason="overload_slow"})") == 1);
  driver.send_frame(
    R"({"type":"trip.start","id":"b","trip":"0000000000000005"})");
  CHECK(s.city.wait_for("trip.start trip/0000000000000005"));
}
