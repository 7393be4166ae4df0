// The hot path must never say anything else than the full decoder: wherever
// it takes a frame, both read the same points. Frames are drawn from a
// grammar around the legal ones, so that most are nearly right.

#include "protocol/json/json.hpp"

#include "sample.hpp"
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace hansom;
using test::sampler;
using test::shown;

namespace {

class frame_writer {
public:
  explicit frame_writer(std::uint64_t seed) : draw_{seed} {
  }

  std::string frame() {
    std::string out = space() + '{';
    auto batch = draw_.below(3) == 0;
    auto fields = batch ? std::string{} : point_fields();
    auto type = "\"type\"" + space() + ':' + space() + "\"position\"";
    if (batch)
      fields = "\"points\":" + list();
    out += draw_.below(2) == 0 ? type + ',' + fields : fields + ',' + type;
    out += space() + '}' + space();
    return draw_.below(4) == 0 ? damaged(out) : out;
  }

private:
  std::string space() {
    static constexpr std::string_view some[] = {"", "", "", " ", "\n\t", "\r "};
    return std::string{some[draw_.below(std::size(some))]};
  }

  std::string digits(std::uint64_t count) {
    std::string out;
    for (; count > 0; --count)
      out += static_cast<char>('0' + draw_.below(10));
    return out;
  }

  /// Plain most of the time; else near a limit, a tie or the edge of JSON.
  std::string number() {
    static constexpr std::string_view odd[] = {"90",
                                               "-90.0000000",
                                               "180",
                                               "-180.00000001",
                                               "0",
                                               "-0",
                                               "-0.0",
                                               "00",
                                               "01",
                                               "1.",
                                               ".5",
                                               "1e1",
                                               "1E-1",
                                               "+1",
                                               "90.00000004999",
                                               "90.00000005",
                                               "1.00000005",
                                               "-1.000000049999999999",
                                               "1.00000014999999",
                                               "1.000000150000001",
                                               "359",
                                               "360",
                                               "65535",
                                               "65536",
                                               "253402300799999",
                                               "253402300800000",
                                               "null",
                                               "\"1\""};
    if (draw_.below(4) == 0)
      return std::string{odd[draw_.below(std::size(odd))]};
    auto out = std::string{draw_.below(2) == 0 ? "" : "-"}
               + std::to_string(draw_.below(90));
    return draw_.below(4) == 0 ? out : out + '.' + digits(1 + draw_.below(16));
  }

  std::string count() {
    return draw_.below(8) == 0 ? number() : std::to_string(draw_.below(360));
  }

  std::string field(std::string_view name, const std::string& value) {
    return space() + '"' + std::string{name} + '"' + space() + ':' + space()
           + value + space();
  }

  std::string point_fields() {
    std::vector<std::string> fields = {
      field("lat", number()), field("lon", number()),
      field("time", std::to_string(1 + draw_.below(1ULL << 41)))};
    for (auto name : {"accuracy_m", "heading_deg", "speed_cm_s"})
      if (draw_.below(2) == 0)
        fields.push_back(field(name, count()));
    if (draw_.below(16) == 0)
      fields.push_back(field("mood", "1"));
    if (draw_.below(16) == 0)
      fields.push_back(fields[draw_.below(fields.size())]);
    if (draw_.below(16) == 0)
      fields.erase(fields.begin()
                   + static_cast<std::ptrdiff_t>(draw_.below(fields.size())));
    std::swap(fields[0], fields[draw_.below(fields.size())]);
    std::string out;
    for (const auto& x : fields)
      out += (out.empty() ? "" : ",") + x;
    return out;
  }

  std::string list() {
    std::string out = "[";
    for (auto n = draw_.below(4), i = std::uint64_t{0}; i < n; ++i)
      out +=
        (i == 0 ? "" : ",") + space() + '{' + point_fields() + '}' + space();
    return out + ']';
  }

  std::string damaged(std::string x) {
    static constexpr std::string_view bytes = "{}[]\",:.-0e\\ \n\x01\x7f\xff";
    auto at = draw_.below(x.size());
    switch (draw_.below(3)) {
    case 0:
      x.erase(at, 1);
      break;
    case 1:
      x[at] = bytes[draw_.below(bytes.size())];
      break;
    default:
      x.insert(at, 1, bytes[draw_.below(bytes.size())]);
    }
    return x;
  }

  sampler draw_;
};

} // namespace

TEST_CASE("where the scanner takes a frame, the decoder reads the same") {
  int taken = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 40'000; ++seed) {
    auto text = frame_writer{seed}.frame();
    position fast;
    decoded_frame slow;
    decode_error error;
    if (scan_position(text, fast) != 1) {
      ++refused;
      continue;
    }
    ++taken;
    INFO(text);
    REQUIRE(decode_document(text, slow, error));
    REQUIRE(shown(std::get<position>(slow.body)) == shown(fast));
    REQUIRE(slow.id.empty());
  }
  // Both ways are well trodden.
  CHECK(taken > 8'000);
  CHECK(refused > 8'000);
}

TEST_CASE("what a client library writes takes the hot path") {
  CHECK(rc::check([](std::uint64_t seed) {
    auto x = sampler{seed}.make<position>();
    position out;
    RC_ASSERT(scan_position(encode_frame({}, x), out) == 1);
    RC_ASSERT(shown(out) == shown(x));
  }));
  position out;
  // JavaScript prints doubles in full.
  REQUIRE(scan_position(R"({"type":"position","lat":40.73131041999999,)"
                        R"("lon":-73.98852647812345,"time":1700000000000})",
                        out)
          == 1);
  CHECK(out.points[0].at == geo_point{407'313'104, -739'885'265});
}

TEST_CASE("what the scanner does not know it leaves to the decoder") {
  position out;
  for (auto text : {R"({"type":"heartbeat"})", R"({"type":"position"})", "{}",
                    "", "{", R"({"lat":1,"lon":1,"time":1})",
                    R"({"type":"position","lat":1e0,"lon":1,"time":1})",
                    R"({"type":"position","lat":1,"lon":1,"time":1,"id":"p"})",
                    R"({"typ\u0065":"position","lat":1,"lon":1,"time":1})",
                    R"({"type":"position","lat":1,"lon":1,"time":1}x)",
                    R"({"type":"position","lat":1,"lon":1,"time":1,})",
                    R"({"type":"position","lat":1.00000005,"lon":1,"time":1})"})
    CHECK(scan_position(text, out) == 0);
}
