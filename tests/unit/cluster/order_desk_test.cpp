#include "cluster/admin/order_desk.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace hansom;

namespace {

/// Remembers what is passed on to it.
struct heard_clients final : client_port {
  void deliver(client_frame x) override {
    bodies.push_back(x.body);
  }
  void attached(session_ref, std::string state) override {
    bodies.push_back(std::move(state));
  }
  void close(session_ref, close_code) override {
    bodies.emplace_back("close");
  }
  void follow(session_ref, trip_id) override {
    bodies.emplace_back("follow");
  }
  std::vector<std::string> bodies;
};

struct desk_stage {
  heard_clients others;
  order_desk desk{others};
  std::vector<std::string> answers;

  std::optional<session_ref> expect() {
    return desk.expect([this](auto& body) { answers.push_back(body); });
  }
  void answer(session_ref to, std::string body) {
    desk.deliver({to, delivery::reply, "c1", std::move(body)});
  }
};

} // namespace

TEST_CASE_FIXTURE(desk_stage, "an order gets its own answer, once") {
  auto one = expect();
  auto two = expect();
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one != *two);
  answer(*two, "second");
  answer(*one, "first");
  answer(*one, "again");
  desk.expire(*two);
  CHECK(answers == std::vector<std::string>{"second", "first"});
  CHECK(others.bodies.empty());
}

TEST_CASE_FIXTURE(desk_stage, "nobody waits for ever, nor too many") {
  auto first = expect();
  for (std::size_t i = 1; i < order_desk::orders_max; ++i)
    REQUIRE(expect());
  CHECK_FALSE(expect());
  desk.expire(*first);
  CHECK(answers == std::vector<std::string>{""});
  CHECK(expect());
}

TEST_CASE_FIXTURE(desk_stage, "other clients' frames pass through the desk") {
  session_ref client{1, 0, 1};
  expect();
  answer(client, "frame");
  desk.attached(client, "state");
  desk.close(client, close_code::internal);
  desk.follow(client, {7});
  CHECK(others.bodies
        == std::vector<std::string>{"frame", "state", "close", "follow"});
  CHECK(answers.empty());
}
