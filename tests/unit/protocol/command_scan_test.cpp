// Where the command scanner takes a frame, the full decoder reads the same.

#include "protocol/command_scan.hpp"

#include "sample.hpp"
#include <doctest/doctest.h>

#include <string>

using namespace hansom;
using test::sampler;
using test::shown;

namespace {

std::string shown_body(const client_message& x) {
  return std::to_string(x.index()) + ' '
         + std::visit([](const auto& body) { return shown(body); }, x);
}

/// Frames of all types, as client libraries write them, some with a flaw.
class frame_maker {
public:
  explicit frame_maker(std::uint64_t seed) : draw_{seed} {
  }

  std::string make() {
    auto out = encode_frame(
      draw_.below(8) == 0 ? "" : "a-" + std::to_string(draw_.below(1000)),
      any(std::make_index_sequence<std::variant_size_v<client_message>>{}),
      draw_.below(4) == 0 ? traceparent{{draw_.below(9), 1, 2}, true}
                          : traceparent{});
    return draw_.below(3) == 0 ? damaged(std::move(out)) : out;
  }

private:
  template <std::size_t... Is>
  client_message any(std::index_sequence<Is...>) {
    client_message out;
    auto which = draw_.below(sizeof...(Is));
    ((which == Is ? void(
        out = draw_.make<std::variant_alternative_t<Is, client_message>>())
                  : void()),
     ...);
    return out;
  }

  std::string damaged(std::string x) {
    static constexpr std::string_view bytes = "{}[]\",:.-0e\\ \n\x01\x7f\xff";
    auto at = draw_.below(x.size());
    auto c = bytes[draw_.below(bytes.size())];
    switch (draw_.below(4)) {
    case 0:
      return x.erase(at, 1);
    case 1:
      x[at] = c;
      return x;
    case 2:
      return x.insert(at, 1, c);
    default: // All members twice.
      x.pop_back();
      return x + ',' + x.substr(1) + '}';
    }
  }

  sampler draw_;
};

} // namespace

TEST_CASE("where the command scanner takes a frame, the decoder agrees") {
  int taken = 0;
  for (std::uint64_t seed = 1; seed <= 40'000; ++seed) {
    auto text = frame_maker{seed}.make();
    decoded_frame fast, slow;
    decode_error error;
    if (!scan_command(text, fast))
      continue;
    ++taken;
    INFO(text);
    REQUIRE(decode_document(text, slow, error));
    REQUIRE(shown_body(fast.body) == shown_body(slow.body));
    REQUIRE(fast.id == slow.id);
  }
  CHECK(taken > 5'000);
}

TEST_CASE("the commands of a ride need no document") {
  decoded_frame out;
  for (auto text :
       {R"({"type":"quote","id":"1","pickup":{"lat":40.7,"lon":-73.9},)"
        R"("dropoff":{"lon":-73.95,"lat":40.75}})",
        R"({"id":"1", "type":"trip.request", "quote":"abc.def"})",
        R"({"type":"offer.accept","id":"1","trip":"0000000000000005"})",
        R"({"type":"trip.arrived","id":"1","trip":"0000000000000005"})",
        R"({"type":"trip.arrived","id":"1","trip":"0000000000000005",)"
        R"("at":{"lat":40.7,"lon":-73.9}})",
        R"({"type":"trip.start","id":"1","trip":"0000000000000005"})",
        R"({"type":"trip.complete","id":"1","trip":"0000000000000005"})",
        R"({"type":"heartbeat","seq":17})"})
    CHECK(scan_command(text, out));
  CHECK(*std::get<heartbeat>(out.body).seq == 17);
  CHECK(out.id.empty());
}

TEST_CASE("what the command scanner does not know it leaves to the decoder") {
  decoded_frame out;
  for (
    auto text :
    {R"({"type":"offer.accept","trip":"0000000000000005"})",
     R"({"type":"offer.accept","id":"","trip":"0000000000000005"})",
     R"({"type":"offer.accept","id":"1","trip":"5"})",
     R"({"type":"offer.accept","id":"1","trip":"0000000000000005"}x)",
     R"({"type":"offer.accept","id":"1","id":"1","trip":"0000000000000005"})",
     R"({"type":"trip.request","id":"1","quote":""})",
     R"({"type":"trip.request","id":"1","quote":"\u0041"})",
     R"({"type":"trip.request","id":"1","quote":"a","seq":1})",
     R"({"type":"quote","id":"1","pickup":{"lat":91,"lon":0},)"
     R"("dropoff":{"lon":0,"lat":0}})",
     R"({"type":"quote","id":"1","pickup":{"lat":1,"lon":0,"lat":1},)"
     R"("dropoff":{"lon":0,"lat":0}})",
     R"({"type":"heartbeat","seq":01})", "{}", ""})
    CHECK_FALSE(scan_command(text, out));
}
