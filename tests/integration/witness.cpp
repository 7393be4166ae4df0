#include "tests/integration/witness.hpp"

#include "cluster/node/wall_clock.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace hansom::testing {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{8};
constexpr double centre_lat = 40.758;
constexpr double centre_lon = -73.9855;

} // namespace

struct witness::frames {
  std::deque<json> waiting;
};

witness::witness(testimony& all)
  : all_{all}, wire_{all.node.port()}, heard_{std::make_unique<frames>()} {
  REQUIRE(wire_.upgrade() == 101);
}

witness::~witness() = default;

std::string witness::token(client_role role, std::uint64_t account,
                           std::chrono::seconds ttl) const {
  return issue_token(all_.node.key(), role, std::to_string(account),
                     wall_clock_now() + milliseconds{ttl});
}

witness::json witness::hello(client_role role, std::uint64_t account) {
  return hello(role, account, json::object());
}

witness::json witness::hello(client_role role, std::uint64_t account,
                             const json& more, std::chrono::seconds token_ttl) {
  json frame{{"type", "hello"}, {"token", token(role, account, token_ttl)}};
  if (more.is_object())
    frame.update(more);
  tell(frame);
  return hear("welcome");
}

witness::json witness::ask(json command) {
  auto id = "q" + std::to_string(++asked_);
  command["id"] = id;
  tell(command);
  auto until = steady_clock::now() + patience;
  for (;;) {
    auto frame = read(until);
    if (frame.is_null()) {
      FAIL_CHECK("no answer to ", command.dump());
      return json::object();
    }
    if (frame.value("re", "") == id)
      return frame;
    heard_->waiting.push_back(std::move(frame));
  }
}

void witness::refused(const json& command, const std::string& code) {
  auto answer = ask(command);
  CAPTURE(answer.dump());
  CHECK(answer.value("code", "") == code);
}

void witness::tell(const json& frame) {
  auto text = frame.dump();
  CHECK(
    all_.document.judge("client." + frame.at("type").get<std::string>(), text)
    == "");
  wire_.send_frame(text);
}

void witness::blurt(std::string_view bytes, int opcode) {
  wire_.send_frame(bytes, opcode);
}

void witness::stand(int north_e7, int east_e7) {
  tell({{"type", "position"},
        {"lat", centre_lat + north_e7 * 1e-7},
        {"lon", centre_lon + east_e7 * 1e-7},
        {"time", wall_clock_now().ms},
        {"accuracy_m", 5}});
}

witness::json witness::judged(const std::string& text) {
  auto frame = json::parse(text, nullptr, false);
  auto type = frame.is_object() ? frame.value("type", "") : "";
  CHECK(all_.document.judge(type, text) == "");
  all_.messages.insert(type);
  if (type == "error")
    all_.error_codes.insert(frame.value("code", ""));
  return frame;
}

witness::json witness::read(steady_clock::time_point until) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - steady_clock::now());
    if (left.count() <= 0 || close_code_ >= 0)
      return {};
    auto got = wire_.read_frame(left);
    if (got.opcode == 1)
      return judged(got.payload);
    if (got.opcode == 8)
      close_code_ = got.close_code();
    else if (got.opcode == 9)
      wire_.send_frame(got.payload, 10);
    else if (got.opcode == 0)
      return {};
  }
}

witness::json witness::hear(const std::string& type,
                            const std::function<bool(const json&)>& fits) {
  auto fitting = [&](const json& x) {
    return x.value("type", "") == type && (!fits || fits(x));
  };
  auto until = steady_clock::now() + patience;
  for (;;) {
    if (heard_->waiting.empty()) {
      auto frame = read(until);
      if (frame.is_null()) {
        FAIL_CHECK("heard no ", type);
        return json::object();
      }
      heard_->waiting.push_back(std::move(frame));
    }
    auto frame = std::move(heard_->waiting.front());
    heard_->waiting.pop_front();
    if (fitting(frame))
      return frame;
  }
}

void witness::hear_error(const std::string& code) {
  CAPTURE(code);
  hear("error", [&](const json& x) { return x.value("code", "") == code; });
}

witness::json witness::hear_phase(const std::string& trip,
                                  const std::string& phase) {
  CAPTURE(phase);
  return hear("trip", [&](const json& x) {
    return x.value("trip", "") == trip && x.value("phase", "") == phase;
  });
}

int witness::hear_close() {
  auto until = steady_clock::now() + patience;
  while (!read(until).is_null())
    continue;
  return std::max(close_code_, 0);
}

} // namespace hansom::testing
