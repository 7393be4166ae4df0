// What clients may say, and how each mistake is named to them.

#include "protocol/json/json.hpp"

#include "sample.hpp"
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace hansom;
using test::sampler;
using test::shown;

namespace {

template <class T>
T decoded(std::string_view text, std::string_view id = {}) {
  decoded_frame out;
  decode_error error;
  INFO(text);
  bool good = decode_frame(text, out, error);
  INFO(error.where);
  INFO(error.message);
  REQUIRE(good);
  CHECK(out.id == id);
  REQUIRE(std::holds_alternative<T>(out.body));
  return std::get<T>(out.body);
}

struct mistake {
  std::string text;
  error_code code;
  std::string_view where;
};

void check_mistake(const mistake& x) {
  decoded_frame out;
  decode_error error;
  INFO(x.text.substr(0, 200));
  CHECK_FALSE(decode_frame(x.text, out, error));
  INFO(error.message);
  CHECK(facts(error.code).code == facts(x.code).code);
  CHECK(error.where == x.where);
  CHECK(error.message.size() > 10);
  CHECK(error.message.size() < 400);
  CHECK(error.message.back() == '.');
}

template <std::size_t I = 0>
void check_messages_come_back() {
  using message = std::variant_alternative_t<I, client_message>;
  CHECK(rc::check([](std::uint64_t seed) {
    auto x = sampler{seed}.make<message>();
    auto id = std::is_same_v<message, position> ? "" : "c\"17\\";
    auto text = encode_frame(id, x);
    decoded_frame out;
    decode_error error;
    if (!decode_frame(text, out, error))
      RC_FAIL(text + error.where + error.message);
    RC_ASSERT(out.id == id);
    RC_ASSERT(out.body.index() == I);
    RC_ASSERT(shown(std::get<I>(out.body)) == shown(x));
  }));
  if constexpr (I + 1 < std::variant_size_v<client_message>)
    check_messages_come_back<I + 1>();
}

std::string nested(int depth) {
  return R"({"type":"hello","x":)" + std::string(depth, '[')
         + std::string(depth, ']') + '}';
}

} // namespace

TEST_CASE("every client message comes back") {
  check_messages_come_back();
}

TEST_CASE("a command as a client writes it") {
  CHECK(
    decoded<offer_accept>(
      R"({"type":"offer.accept","id":"c17","trip":"00a1000000000001"})", "c17")
      .trip
    == trip_id{0x00a1000000000001});
  auto quote = decoded<quote_ask>(
    R"( {"id":"q","pickup":{"lat":40.7,"lon":-73.9},"type":"quote",)"
    R"("dropoff":{"lon":-74,"lat":40},"service":null} )",
    "q");
  CHECK(quote.pickup == geo_point{407'000'000, -739'000'000});
  CHECK(quote.dropoff == geo_point{400'000'000, -740'000'000});
  CHECK_FALSE(quote.service);
  CHECK(decoded<shift_start>(R"({"type":"shift.start","id":"s"})", "s")
          .classes.empty());
  CHECK_FALSE(decoded<hello>(R"({"type":"hello"})").token);
}

TEST_CASE("a position, alone and as a batch") {
  auto one = decoded<position>(
    R"({"type":"position","lat":40.7,"lon":-73.9,"time":1700000000000,)"
    R"("accuracy_m":8,"heading_deg":90,"speed_cm_s":900})");
  REQUIRE(one.points.size() == 1);
  CHECK(one.points[0].at == geo_point{407'000'000, -739'000'000});
  CHECK(one.points[0].time.ms == 1'700'000'000'000);
  CHECK(one.points[0].accuracy_m == 8);
  CHECK(one.points[0].heading_deg == 90);
  CHECK(one.points[0].speed_cm_s == 900);
  auto two = decoded<position>(
    R"({"type":"position","points":[{"lat":1,"lon":2,"time":3},)"
    R"({"lat":4e0,"lon":5,"time":6}]})");
  REQUIRE(two.points.size() == 2);
  CHECK(two.points[1].at == geo_point{40'000'000, 50'000'000});
}

TEST_CASE("a frame that cannot be read is refused by its own code") {
  using ec = error_code;
  for (const auto& x : std::vector<mistake>{
         {std::string(inbound_frame_max + 1, ' '), ec::too_large, ""},
         {"{\"type\":\"\xff\"}", ec::bad_utf8, ""},
         {"", ec::bad_json, ""},
         {"{\"type\":\"hello\"", ec::bad_json, ""},
         {"{\"type\":\"hello\"}}", ec::bad_json, ""},
         {"{'type':'hello'}", ec::bad_json, ""},
         {"{\"type\":\"\\ud800\"}", ec::bad_json, ""},
         {R"({"type":"hello","type":"hello"})", ec::bad_json, ""},
         {R"({"type":"hello","token":1e999})", ec::bad_json, ""},
         {"[]", ec::bad_json, ""},
         {"7", ec::bad_json, ""},
         {nested(8), ec::too_deep, ""},
         {nested(2000), ec::too_deep, ""},
         {nested(7), ec::unknown_field, "/x"},
         {"{}", ec::missing_field, "/type"},
         {R"({"type":7})", ec::wrong_type, "/type"},
         {R"({"type":"teleport"})", ec::unknown_type, "/type"},
       })
    check_mistake(x);
}

TEST_CASE("a wrong message id is named") {
  using ec = error_code;
  for (const auto& x : std::vector<mistake>{
         {R"({"type":"shift.end"})", ec::missing_field, "/id"},
         {R"({"type":"shift.end","id":17})", ec::wrong_type, "/id"},
         {R"({"type":"shift.end","id":""})", ec::out_of_range, "/id"},
         {R"({"type":"shift.end","id":")" + std::string(65, 'x') + "\"}",
          ec::out_of_range, "/id"},
         {R"({"type":"shift.end","id":"é"})", ec::out_of_range, "/id"},
         {R"({"type":"position","id":"p","lat":1,"lon":1,"time":1})",
          ec::unknown_field, "/id"},
       })
    check_mistake(x);
}

TEST_CASE("a wrong field is named with its place") {
  using ec = error_code;
  const auto ask = [](std::string_view pickup) {
    return R"({"type":"quote","id":"q","dropoff":{"lat":1,"lon":1},"pickup":)"
           + std::string{pickup} + '}';
  };
  const std::string rate =
    R"({"type":"trip.rate","id":"r","trip":"00a1000000000001",)";
  for (const auto& x : std::vector<mistake>{
         {R"({"type":"offer.accept","id":"c"})", ec::missing_field, "/trip"},
         {R"({"type":"offer.accept","id":"c","trip":null})", ec::wrong_type,
          "/trip"},
         {R"({"type":"offer.accept","id":"c","trip":7})", ec::wrong_type,
          "/trip"},
         {R"({"type":"offer.accept","id":"c","trip":"7"})", ec::out_of_range,
          "/trip"},
         {R"({"type":"shift.end","id":"c","x~/y":1})", ec::unknown_field,
          "/x~0~1y"},
         {ask("7"), ec::wrong_type, "/pickup"},
         {ask(R"({"lat":1})"), ec::missing_field, "/pickup/lon"},
         {ask(R"({"lat":"1","lon":1})"), ec::wrong_type, "/pickup/lat"},
         {ask(R"({"lat":90.0000001,"lon":1})"), ec::out_of_range,
          "/pickup/lat"},
         {ask(R"({"lat":1,"lon":-181})"), ec::out_of_range, "/pickup/lon"},
         {ask(R"({"lat":1,"lon":1e300})"), ec::out_of_range, "/pickup/lon"},
         {ask(R"({"lat":1,"lon":1,"alt":1})"), ec::unknown_field,
          "/pickup/alt"},
         {rate + R"("stars":0})", ec::out_of_range, "/stars"},
         {rate + R"("stars":6})", ec::out_of_range, "/stars"},
         {rate + R"("stars":-1})", ec::out_of_range, "/stars"},
         {rate + R"("stars":4.5})", ec::wrong_type, "/stars"},
         {rate + R"("stars":5,"comment":")" + std::string(501, 'x') + "\"}",
          ec::out_of_range, "/comment"},
         {rate + R"("stars":5,"comment":"a\u0000b"})", ec::out_of_range,
          "/comment"},
         {R"({"type":"shift.start","id":"s","classes":["standard","tank"]})",
          ec::out_of_range, "/classes/1"},
         {R"({"type":"shift.start","id":"s","classes":"xl"})", ec::wrong_type,
          "/classes"},
         {R"({"type":"shift.start","id":"s","classes":["xl","xl","xl","xl",)"
          R"("xl"]})",
          ec::out_of_range, "/classes"},
         {R"({"type":"hello","resume":{"session":"s","seq":-1}})",
          ec::out_of_range, "/resume/seq"},
         {R"({"type":"hello","resume":{"session":"s"}})", ec::missing_field,
          "/resume/seq"},
         {R"({"type":"trip.request","id":"c","quote":""})", ec::out_of_range,
          "/quote"},
       })
    check_mistake(x);
}

TEST_CASE("a wrong position is named with its place") {
  using ec = error_code;
  const std::string at = R"({"type":"position","lat":1,"lon":1)";
  const std::string points = R"({"type":"position","points":[)";
  std::string many = points;
  for (std::size_t i = 0; i <= position_points_max; ++i)
    many += (i == 0 ? "" : ",") + std::string{R"({"lat":1,"lon":1,"time":1})"};
  for (const auto& x : std::vector<mistake>{
         {at + "}", ec::missing_field, "/time"},
         {at + R"(,"time":0})", ec::out_of_range, "/time"},
         {at + R"(,"time":1.5})", ec::wrong_type, "/time"},
         {at + R"(,"time":253402300800000})", ec::out_of_range, "/time"},
         {at + R"(,"time":1,"heading_deg":360})", ec::out_of_range,
          "/heading_deg"},
         {at + R"(,"time":1,"accuracy_m":65536})", ec::out_of_range,
          "/accuracy_m"},
         {at + R"(,"time":1,"speed":3})", ec::unknown_field, "/speed"},
         {at + R"(,"time":1,"points":[]})", ec::unknown_field, "/lat"},
         {points + "]}", ec::out_of_range, "/points"},
         {points + "7]}", ec::wrong_type, "/points/0"},
         {points
            + R"({"lat":1,"lon":1,"time":1},{"lat":91,"lon":1,"time":1}]})",
          ec::out_of_range, "/points/1/lat"},
         {points + R"({"lat":1,"lon":1,"time":1,"type":"position"}]})",
          ec::unknown_field, "/points/0/type"},
         {many + "]}", ec::out_of_range, "/points"},
       })
    check_mistake(x);
}

TEST_CASE("the answer to a bad command can still say to which") {
  decoded_frame out;
  decode_error error;
  CHECK_FALSE(
    decode_frame(R"({"type":"offer.accept","id":"c17","x":1})", out, error));
  CHECK(out.id == "c17");
  CHECK_FALSE(decode_frame("[", out, error));
  CHECK(out.id.empty());
}

TEST_CASE("an unknown field of any length is echoed in part") {
  decoded_frame out;
  decode_error error;
  std::string name;
  for (int i = 0; i < 500; ++i)
    name += "\u20ac";
  CHECK_FALSE(
    decode_frame("{\"type\":\"hello\",\"" + name + "\":1}", out, error));
  CHECK(error.code == error_code::unknown_field);
  CHECK(error.where.size() < 64);
}
