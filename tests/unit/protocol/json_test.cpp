// Documents written by us come back whole; documents of other versions are
// read as far as they go; damaged ones are named.

#include "protocol/journal.hpp"
#include "protocol/json/document.hpp"
#include "protocol/json/reader.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/server_frames.hpp"

#include "sample.hpp"
#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace hansom;
using test::sampler;
using test::shown;

namespace {

template <class T>
bool comes_back() {
  return rc::check([](std::uint64_t seed) {
    auto x = sampler{seed}.make<T>();
    std::string text;
    json::append(text, x);
    auto document = nlohmann::json::parse(text);
    T back{};
    decode_error error;
    RC_ASSERT(json::read(document, back, error));
    RC_ASSERT(shown(back) == shown(x));
  });
}

template <class T>
void check_names(std::initializer_list<std::string_view> taken) {
  for_each_field(T{}, [&](const char* name, const auto&) {
    for (auto x : taken) {
      CAPTURE(name);
      CHECK(x != name);
    }
  });
}

template <class Variant, std::size_t I = 0>
void check_events_come_back() {
  CHECK(rc::check([](std::uint64_t seed) {
    using event = std::variant_alternative_t<I, Variant>;
    Variant x = sampler{seed}.make<event>();
    Variant back;
    std::string why;
    RC_ASSERT(decode_event(event_name(x), encode_event(x), back, why));
    RC_ASSERT(back.index() == I);
    RC_ASSERT(shown(std::get<I>(back)) == shown(std::get<I>(x)));
  }));
  if constexpr (I + 1 < std::variant_size_v<Variant>)
    check_events_come_back<Variant, I + 1>();
}

} // namespace

TEST_CASE_TEMPLATE("records of server frames come back", T, trip_view,
                   offer_view, driver_view, rider_view, quote_view, nearby_view,
                   driver_position_view, offer_withdrawn_view, receipt_view,
                   surge_view, money, position_report, position) {
  CHECK(comes_back<T>());
}

TEST_CASE_TEMPLATE("no field of a server frame hides the session's own", T,
                   trip_view, offer_view, driver_view, rider_view, quote_view,
                   nearby_view, driver_position_view, offer_withdrawn_view,
                   receipt_view, surge_view) {
  check_names<T>({"type", "seq", "re", "id"});
}

TEST_CASE_TEMPLATE("no field of a client frame hides the frame's own", T, hello,
                   heartbeat, token_refresh, position, position_report,
                   shift_start, offer_accept, offer_decline, trip_arrived,
                   trip_start, trip_complete, trip_cancel, trip_no_show,
                   quote_ask, trip_request, trip_rate, nearby_ask) {
  check_names<T>({"type", "id"});
}

TEST_CASE("events come back from the journal") {
  check_events_come_back<trip_event>();
  check_events_come_back<driver_event>();
  check_events_come_back<cell_event>();
}

TEST_CASE("event names are those of old journals") {
  CHECK(event_name(trip_event{trip_requested{}}) == "trip_requested");
  CHECK(event_name(trip_event{trip_assigned{}}) == "trip_assigned");
  CHECK(event_name(trip_event{driver_released{}}) == "driver_released");
  CHECK(event_name(trip_event{trip_rated{}}) == "trip_rated");
  CHECK(event_name(driver_event{shift_end_asked{}}) == "shift_end_asked");
  CHECK(event_name(cell_event{surge_changed{}}) == "surge_changed");
}

TEST_CASE("an event of another version is read as far as it goes") {
  trip_event out;
  std::string why;
  // Newer: one more field. Older: eta_s and queued did not exist yet.
  REQUIRE(decode_event("trip_assigned",
                       R"({"at":5,"driver":"9","mood":{"x":[1]}})", out, why));
  auto& event = std::get<trip_assigned>(out);
  CHECK(event.at.ms == 5);
  CHECK(event.driver == driver_id{9});
  CHECK(event.eta_s == 0);
}

TEST_CASE("a damaged event says what is wrong") {
  trip_event out;
  std::string why;
  CHECK_FALSE(decode_event("trip_teleported", "{}", out, why));
  CHECK(why.find("trip_teleported") != std::string::npos);
  CHECK_FALSE(decode_event("trip_started", "{\"at\":", out, why));
  CHECK(why.find("byte 7") != std::string::npos);
  CHECK_FALSE(decode_event("trip_completed",
                           R"({"at":1,"fare":{"minor":"12"}})", out, why));
  CHECK(why.find("/fare/minor") != std::string::npos);
  CHECK_FALSE(decode_event("trip_cancelled", R"({"by":"nobody"})", out, why));
  CHECK(why.find("rider, driver, system, operations") != std::string::npos);
  CHECK_FALSE(decode_event("trip_started", "[]", out, why));
}

TEST_CASE("any text survives the writer, control characters too") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& bytes) {
    std::string text;
    for (auto x : bytes)
      text += static_cast<char>(x & 0x7f);
    std::string out;
    json::append(out, std::string_view{text});
    RC_ASSERT(nlohmann::json::parse(out).get<std::string>() == text);
  }));
}

TEST_CASE("coordinates are written with seven decimals, exactly") {
  const auto written = [](geo_point x) {
    std::string out;
    json::append(out, x);
    return out;
  };
  CHECK(written({407'313'100, -739'885'260})
        == R"({"lat":40.7313100,"lon":-73.9885260})");
  CHECK(written({-1, 0}) == R"({"lat":-0.0000001,"lon":0.0000000})");
  CHECK(written({900'000'000, -1'800'000'000})
        == R"({"lat":90.0000000,"lon":-180.0000000})");
}

TEST_CASE("absent values are left out") {
  trip_view x;
  x.trip = trip_id{0xa1};
  auto text = json::frame("trip", x);
  CHECK(text.starts_with(R"({"type":"trip","trip":"00000000000000a1",)"));
  auto document = nlohmann::json::parse(text);
  for (auto name : {"driver", "vehicle", "ended_by", "reason"})
    CHECK_FALSE(document.contains(name));
}

TEST_CASE("what belongs to the session is spliced behind the brace") {
  std::string out = "x";
  splice(out, ack_body(), {}, {});
  CHECK(out == R"(x{"type":"ack"})");
  out.clear();
  splice(out, ack_body(), 7, "c\"1");
  CHECK(out == R"({"seq":7,"re":"c\"1","type":"ack"})");
}

TEST_CASE("server frames are JSON with the fields that asyncapi.yaml names") {
  auto error = nlohmann::json::parse(
    error_body(error_code::overloaded, {}, std::uint32_t{250}));
  CHECK(error["code"] == "system.overloaded");
  CHECK(error["temporary"] == true);
  CHECK(error["retry_after_ms"] == 250);
  CHECK(error["message"].get<std::string>().back() == '.');
  auto plain =
    nlohmann::json::parse(error_body(error_code::bad_json, "a \"b\"."));
  CHECK(plain["message"] == "a \"b\".");
  CHECK_FALSE(plain.contains("retry_after_ms"));
  auto frame = nlohmann::json::parse(
    error_body(decode_error{error_code::wrong_type, "/a~1\"b", "no."}));
  CHECK(frame["where"] == "/a~1\"b");
  CHECK(frame["code"] == "frame.wrong_type");
  std::string state;
  json::append(state, rider_view{rider_id{5}, caf::none});
  auto welcome = nlohmann::json::parse(welcome_body("s1", 15'000, true, state));
  CHECK(welcome["state"]["rider"] == "5");
  CHECK(welcome["heartbeat_ms"] == 15'000);
  CHECK(welcome["resumed"] == true);
  CHECK(nlohmann::json::parse(resync_body(state))["type"] == "resync");
  CHECK(nlohmann::json::parse(go_away_body(90))["reconnect_ms"] == 90);
  CHECK(nlohmann::json::parse(heartbeat_body())["type"] == "heartbeat");
  CHECK(nlohmann::json::parse(token_expiring_body({3}))["expires_at"] == 3);
}

TEST_CASE("UTF-8 is judged as the Unicode standard does") {
  std::size_t at = 99;
  for (auto good : {"", "plain text of more than eight bytes", "\u00e9\u20ac",
                    "\U0001f695", "\ud7ff\ue000", "\U0010ffff", "\x7f"})
    CHECK(json::is_utf8(good, at));
  struct row {
    std::string_view text;
    std::size_t bad_at;
  };
  for (auto [text, bad_at] :
       {row{"\x80", 0}, row{"a\xc0\xaf", 1}, row{"\xc1\x81", 0},
        row{"\xe0\x80\x80", 0}, row{"\xed\xa0\x80", 0},
        row{"\xf4\x90\x80\x80", 0}, row{"\xf5\x80\x80\x80", 0}, row{"\xff", 0},
        row{"12345678901\xe2\x82", 11}, row{"\xf0\x9f\x9a", 0},
        row{"\xe2\x28\xa1", 0}}) {
    CHECK_FALSE(json::is_utf8(text, at));
    CHECK(at == bad_at);
  }
}
