// The real program, real websockets, every flow of the protocol: each frame
// that comes must be as protocol/asyncapi.yaml says, and each message of that
// document must come.

#include "tests/integration/witness.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <thread>

using namespace hansom;
using namespace hansom::testing;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

/// Messages and codes that this test cannot bring about, and why.
const std::map<std::string, std::string> unseen_messages{
  {"surge", "prices move once a minute at most, and only by demand"}};
const std::map<std::string, std::string> unseen_codes{
  {"session.too_many_in_flight", "depends on how quick the answers are"},
  {"session.draining", "a moment of the stop that no client can time"},
  {"frame.bad_utf8", "websockets close with 1007 before we can say it"},
  {"quote.expired", "a price is promised for ten seconds at least"},
  {"system.overloaded", "takes more load than a test may make"},
  {"store.unavailable", "takes a broken disk"},
  {"system.moved", "takes two nodes"},
  {"system.unknown_outcome", "takes a stuck actor"},
  {"system.internal", "takes a defect"},
};

// From the pickup, in 1e-7 degrees of latitude.
constexpr int near_by = 9'000;   // 100 m.
constexpr int far_away = 45'000; // 500 m.

json place(double lat, double lon) {
  return {{"lat", lat}, {"lon", lon}};
}

json of_trip(const char* type, const std::string& trip) {
  return {{"type", type}, {"trip", trip}};
}

using client = std::unique_ptr<witness>;

client driver(testimony& all, std::uint64_t account, int north_e7 = near_by) {
  auto x = std::make_unique<witness>(all);
  x->hello(client_role::driver, account, {{"device", "phone"}});
  auto begun = x->ask({{"type", "shift.start"},
                       {"classes", {"standard", "comfort"}},
                       {"vehicle", "grey saloon"}});
  CHECK(begun.value("type", "") == "ack");
  x->stand(north_e7);
  // Positions go to cells in batches; a search in vain would rest for a while.
  std::this_thread::sleep_for(400ms);
  return x;
}

client rider(testimony& all, std::uint64_t account) {
  auto x = std::make_unique<witness>(all);
  x->hello(client_role::rider, account);
  return x;
}

std::string quote(witness& by) {
  auto answer = by.ask({{"type", "quote"},
                        {"pickup", place(40.758, -73.9855)},
                        {"dropoff", place(40.7061, -74.0087)},
                        {"service", "standard"}});
  CHECK(answer.value("type", "") == "quote");
  return answer.value("quote", "");
}

/// @returns the trip that was requested.
std::string request(witness& by) {
  auto answer = by.ask({{"type", "trip.request"}, {"quote", quote(by)}});
  CHECK(answer.value("type", "") == "ack");
  return answer.value("trip", "");
}

void done(const json& answer) {
  CAPTURE(answer.dump());
  CHECK(answer.value("type", "") != "error");
  CHECK(answer.contains("re"));
}

// -- scenes; each has its own people, and drivers go home at its end ----------

void a_ride(testimony& all) {
  auto d = driver(all, 101);
  auto r = rider(all, 201);
  CHECK(r->ask({{"type", "nearby"}, {"at", place(40.758, -73.9855)}})
          .value("drivers", json::array())
          .size()
        == 1);
  auto trip = request(*r);
  CHECK(d->hear("offer").value("trip", "") == trip);
  r->refused({{"type", "trip.request"}, {"quote", quote(*r)}}, "rider.busy");
  done(d->ask(of_trip("offer.accept", trip)));
  r->hear_phase(trip, "assigned");
  d->refused(of_trip("trip.complete", trip), "trip.illegal_transition");
  for (int i = 0; i < 3; ++i) {
    d->stand(near_by - 10 * i);
    std::this_thread::sleep_for(50ms);
  }
  CHECK(r->hear("driver.position").value("trip", "") == trip);
  done(d->ask(of_trip("trip.arrived", trip)));
  d->refused(of_trip("trip.no_show", trip), "trip.too_early");
  done(d->ask(of_trip("trip.start", trip)));
  done(d->ask({{"type", "shift.end"}}));
  d->refused({{"type", "shift.start"}}, "shift.ends_after_trip");
  done(d->ask(of_trip("trip.complete", trip)));
  r->hear_phase(trip, "completed");
  CHECK(r->hear("receipt").value("trip", "") == trip);
  auto stars = of_trip("trip.rate", trip);
  stars.update({{"stars", 5}, {"comment", "on time"}});
  done(r->ask(stars));
}

void cancelled_in_every_way(testimony& all) {
  auto d = driver(all, 102);
  auto r = rider(all, 202);
  auto trip = request(*r);
  d->hear("offer");
  done(r->ask(of_trip("trip.cancel", trip)));
  CHECK(d->hear("offer.withdrawn").value("outcome", "") == "withdrawn");
  d->refused(of_trip("offer.accept", trip), "offer.gone");
  r->hear_phase(trip, "cancelled");

  trip = request(*r);
  d->hear("offer");
  done(d->ask(of_trip("offer.accept", trip)));
  r->hear_phase(trip, "assigned");
  auto given_up = of_trip("trip.cancel", trip);
  given_up["reason"] = "driver_cancelled";
  done(d->ask(given_up));
  r->hear_phase(trip, "matching");
  d->refused(of_trip("trip.arrived", trip), "trip.not_yours");
  done(r->ask(of_trip("trip.cancel", trip)));
  done(d->ask({{"type", "shift.end"}}));
}

void declined_and_timed_out(testimony& all) {
  auto d = driver(all, 103);
  auto r = rider(all, 203);
  auto trip = request(*r);
  d->hear("offer");
  auto no = of_trip("offer.decline", trip);
  no["reason"] = "break";
  done(d->ask(no));
  done(d->ask({{"type", "shift.end"}}));
  done(r->ask(of_trip("trip.cancel", trip)));
  // Whoever declined is left in peace for a while; this is another driver.
  d = driver(all, 113);
  trip = request(*r);
  d->hear("offer");
  CHECK(d->hear("offer.withdrawn").value("outcome", "") == "timed_out");
  done(r->ask(of_trip("trip.cancel", trip)));
  done(d->ask({{"type", "shift.end"}}));
}

void nobody_comes(testimony& all) {
  auto d = driver(all, 104, far_away);
  auto r = rider(all, 204);
  auto trip = request(*r);
  d->hear("offer");
  done(d->ask(of_trip("offer.accept", trip)));
  r->hear_phase(trip, "assigned");
  d->stand(far_away - 10);
  r->hear("driver.position"); // The trip has seen it too.
  d->refused(of_trip("trip.arrived", trip), "trip.too_far");
  done(d->ask(of_trip("trip.cancel", trip)));
  done(d->ask({{"type", "shift.end"}}));
  done(r->ask(of_trip("trip.cancel", trip)));

  auto near = driver(all, 105);
  trip = request(*r);
  near->hear("offer");
  done(near->ask(of_trip("offer.accept", trip)));
  near->refused(of_trip("trip.arrived", trip), "trip.position_unknown");
  auto here = of_trip("trip.arrived", trip);
  here["at"] = place(40.758, -73.9855);
  done(near->ask(here));
  std::this_thread::sleep_for(1100ms); // dispatch.pickup_wait
  done(near->ask(of_trip("trip.no_show", trip)));
  r->hear_phase(trip, "cancelled");
  done(near->ask({{"type", "shift.end"}}));
}

void nobody_is_free(testimony& all) {
  auto r = rider(all, 205);
  auto trip = request(*r);
  auto other = rider(all, 206);
  other->refused(of_trip("trip.cancel", trip), "trip.not_yours");
  r->hear_phase(trip, "expired"); // dispatch.match_timeout
}

void lost_and_found(testimony& all) {
  witness first{all};
  auto session = first.hello(client_role::rider, 207).value("session", "");
  auto trip = request(first);
  first.cut();
  witness second{all};
  auto back = second.hello(
    client_role::rider, 207,
    {{"resume", {{"session", session}, {"seq", 0}}}, {"id", "h1"}});
  CHECK(back.value("resumed", false));
  CHECK(back.value("re", "") == "h1");
  CHECK(second.hear("trip").value("trip", "") == trip);
  second.tell({{"type", "heartbeat"}, {"seq", 1}});
  second.hear("heartbeat");
  second.cut();
  witness third{all};
  back = third.hello(
    client_role::rider, 207,
    {{"resume", {{"session", "s-unknown"}, {"seq", 5}}}, {"device", "phone"}});
  CHECK_FALSE(back.value("resumed", true));
  auto state = third.hear("resync").value("state", json::object());
  CHECK(state.at("trip").value("trip", "") == trip);
  witness elsewhere{all};
  elsewhere.hello(client_role::rider, 207, {{"device", "phone"}});
  CHECK(third.hear_close() == 4500);
  done(elsewhere.ask(of_trip("trip.cancel", trip)));
}

void tokens_end(testimony& all) {
  witness r{all};
  r.hello(client_role::rider, 208, {}, 3s);
  r.hear("token.expiring");
  done(r.ask({{"type", "token.refresh"},
              {"token", r.token(client_role::rider, 208, 4s)}}));
  r.refused({{"type", "token.refresh"},
             {"token", r.token(client_role::rider, 209, 1h)}},
            "session.forbidden");
  r.hear_error("session.token_expired");
  CHECK(r.hear_close() == 4003);
}

void wrong_words(testimony& all) {
  auto refuses = [&](std::string_view text, const char* code, int opcode = 1) {
    auto rude = rider(all, 209);
    rude->blurt(text, opcode);
    rude->hear_error(code);
  };
  refuses("{", "frame.bad_json");
  auto garbled = rider(all, 213);
  garbled->blurt("{\"type\":\"\xff\"}");
  CHECK(garbled->hear_close() == 1007);
  refuses("{\"type\":\"dance\"}", "frame.unknown_type");
  refuses(R"({"type":"nearby","id":"a"})", "frame.missing_field");
  refuses(R"({"type":"heartbeat","colour":1})", "frame.unknown_field");
  refuses(R"({"type":"heartbeat","seq":"1"})", "frame.wrong_type");
  refuses(R"({"type":"nearby","id":"a","at":{"lat":99,"lon":0}})",
          "frame.out_of_range");
  refuses(R"({"type":"nearby","at":[[[[[[[[[]]]]]]]]]})", "frame.too_deep");
  refuses(std::string(5000, ' '), "frame.too_large");
  refuses("{}", "frame.not_text", 2);
  auto r = rider(all, 210);
  r->refused({{"type", "shift.end"}}, "session.forbidden");
  r->refused(of_trip("trip.cancel", "00a1000000000001"), "trip.unknown");
  r->refused({{"type", "trip.request"}, {"quote", "q1.AAEC.AAEC"}},
             "quote.invalid");
  auto used = quote(*r);
  auto booked = r->ask({{"type", "trip.request"}, {"quote", used}});
  done(booked);
  done(r->ask(of_trip("trip.cancel", booked.value("trip", ""))));
  r->hear_phase(booked.value("trip", ""), "cancelled");
  r->refused({{"type", "trip.request"}, {"quote", used}}, "quote.used");

  auto d = driver(all, 106);
  d->refused({{"type", "shift.start"}}, "shift.already_started");
  d->refused(of_trip("offer.accept", "00a1000000000001"), "offer.unknown");
  done(d->ask({{"type", "shift.end"}}));
  d->refused({{"type", "shift.end"}}, "shift.not_started");
}

void wrong_beginnings(testimony& all) {
  witness silent{all};
  witness early{all};
  early.tell({{"type", "heartbeat"}});
  early.hear_error("session.hello_expected");
  CHECK(early.hear_close() == 4503);
  witness stranger{all};
  stranger.tell({{"type", "hello"}, {"token", "a.b.c"}});
  stranger.hear_error("session.unauthenticated");
  CHECK(stranger.hear_close() == 4501);
  silent.hear_error("session.hello_timeout");
  CHECK(silent.hear_close() == 4502);
  auto hasty = rider(all, 211);
  for (int i = 0; i < 60; ++i)
    hasty->tell({{"type", "nearby"},
                 {"id", "n" + std::to_string(i)},
                 {"at", place(40.758, -73.9855)}});
  hasty->hear_error("session.rate_limited");
}

void end_of_day(testimony& all, node_process& node) {
  auto r = rider(all, 212);
  node.terminate();
  CHECK(r->hear("go_away").value("reconnect_ms", -1) >= 0);
  CHECK(r->hear_close() == 4002);
  CHECK(node.wait(15s) == 0);
}

void nothing_left_out(const std::string& what,
                      const std::set<std::string>& published,
                      const std::set<std::string>& seen,
                      const std::map<std::string, std::string>& excused) {
  for (const auto& x : published) {
    if (x.starts_with("client."))
      continue;
    CAPTURE(x);
    CAPTURE(what);
    if (!seen.contains(x))
      CHECK_MESSAGE(excused.contains(x), "published, but never seen");
  }
}

} // namespace

TEST_CASE("the server speaks as its published protocol says") {
  protocol_document document{std::string{HANSOM_SOURCE_DIR}
                             + "/protocol/asyncapi.yaml"};
  node_process node{{"dispatch.offer_timeout=2s", "dispatch.match_timeout=3s",
                     "dispatch.pickup_wait=1s", "gateway.hello_timeout=1s",
                     "gateway.commands_burst=30", "cell.window_longest=0s"}};
  testimony all{node, document, {}, {}};
  a_ride(all);
  cancelled_in_every_way(all);
  declined_and_timed_out(all);
  nobody_comes(all);
  nobody_is_free(all);
  lost_and_found(all);
  tokens_end(all);
  wrong_words(all);
  wrong_beginnings(all);
  end_of_day(all, node);
  nothing_left_out("message", document.messages(), all.messages,
                   unseen_messages);
  nothing_left_out("error code", document.error_codes(), all.error_codes,
                   unseen_codes);
}

TEST_CASE("the published protocol tells right frames from wrong ones") {
  protocol_document document{std::string{HANSOM_SOURCE_DIR}
                             + "/protocol/asyncapi.yaml"};
  const std::string offer = R"({"type":"offer.withdrawn","trip":)";
  CHECK(document.judge("offer.withdrawn",
                       offer + R"("00a1000000000001","outcome":"declined"})")
        == "");
  for (auto* wrong :
       {R"("00a1","outcome":"declined"})",
        R"("00a1000000000001","outcome":"lost"})", R"("00a1000000000001"})",
        R"("00a1000000000001","outcome":"declined","x":1})"})
    CHECK(document.judge("offer.withdrawn", offer + wrong) != "");
  CHECK(document.judge("dance", "{}") != "");
}
