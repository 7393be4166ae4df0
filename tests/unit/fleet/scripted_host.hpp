#pragma once

#include "bench/fleet/client.hpp"
#include "bench/fleet/fleet.hpp"
#include "bench/fleet/trip_ledger.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/server_frames.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace hansom::tests {

/// A world of one client: the test is its server, its net and its clock.
struct scripted_host : fleet::client_host {
  fleet::fleet_options plan;
  fleet::trip_ledger trips;
  std::vector<geo_point> spots{from_degrees(40.75, -73.98)};
  std::vector<std::string> sent;
  std::vector<std::string> promises;
  double time = 0;
  int opened = 0;
  int resumed = 0; ///< Of those.
  int aborted = 0;
  int freed = 0;
  std::uint32_t place = 0; ///< Where the last connection went.

  scripted_host() {
    plan.chaos = {0, 0, 0, 0, 0, 0, 0, 0};
    options = &plan;
    ledger = &trips;
    places = &spots;
    run = "t";
  }

  void open(std::uint32_t, bool resuming, std::uint32_t where) override {
    ++opened;
    place = where;
    resumed += resuming;
  }
  bool send(std::uint32_t, std::string_view text) override {
    sent.emplace_back(text);
    return true;
  }
  void abort(std::uint32_t) override {
    ++aborted;
  }
  void close(std::uint32_t) override {
  }
  double now() const override {
    return time;
  }
  timestamp wall_clock() const override {
    return {1'000'000 + static_cast<std::int64_t>(time * 1000)};
  }
  std::string token(entity_ref) const override {
    return "token";
  }
  void rider_free(std::uint32_t) override {
    ++freed;
  }
  void promised(const std::string& line) override {
    promises.push_back(line);
  }

  /// @returns "I2 I11 ": the invariants found broken.
  std::string broken() const {
    std::string out;
    for (const auto& [name, n] : stats.broken)
      out += name + ' ';
    return out;
  }

  /// @returns how many frames of that type were sent.
  std::size_t count(const std::string& type) const {
    std::size_t out = 0;
    for (const auto& x : sent)
      out += x.find("\"type\":\"" + type + '"') != std::string::npos;
    return out;
  }

  /// @returns the id of the newest frame of that type.
  std::string id_of(const std::string& type) const {
    for (auto x = sent.rbegin(); x != sent.rend(); ++x)
      if (x->find("\"type\":\"" + type + '"') != std::string::npos) {
        auto at = x->find("\"id\":\"");
        REQUIRE(at != std::string::npos);
        return x->substr(at + 6, x->find('"', at + 6) - at - 6);
      }
    FAIL("no frame of type " << type);
    return {};
  }
};

/// One client against the script.
template <class Client>
struct stage {
  scripted_host host;
  Client who;
  std::uint64_t seq = 0;

  template <class... Ts>
  explicit stage(Ts... xs) : who{host, 0, xs..., fleet::random_stream{1}} {
    who.start(0);
    who.on_time();
    who.on_open();
  }

  void run_to(double time) {
    for (; host.time < time; host.time += 0.05)
      if (who.due() <= host.time)
        who.on_time();
  }

  /// @returns how long it took the client to send such a frame; 300 if none.
  double runs_until(const std::string& type) {
    const double from = host.time;
    while (host.count(type) == 0 && host.time < from + 300) {
      run_to(host.time + 0.5);
      say(heartbeat_body());
    }
    return host.time - from;
  }

  void say(const std::string& body, std::optional<std::uint64_t> number = {},
           const std::string& re = {}) {
    std::string out;
    splice(out, body, number, re);
    who.on_text(out);
  }

  template <class State>
  void welcome(const State& state, bool resumed = false,
               const std::string& session = "s") {
    std::string text;
    json::append(text, state);
    say(welcome_body(session, 20'000, resumed, text), seq);
  }

  template <class T>
  void push(const char* type, const T& x) {
    say(json::frame(type, x), ++seq);
  }

  void ack(const std::string& command, trip_id trip = {}, int rev = 1) {
    std::string body = R"({"type":"ack")";
    if (trip)
      body +=
        R"(,"trip":")" + to_string(trip) + R"(","rev":)" + std::to_string(rev);
    say(body + '}', {}, host.id_of(command));
  }

  void error(const std::string& command, error_code code) {
    say(error_body(code), {}, host.id_of(command));
  }
};

} // namespace hansom::tests
