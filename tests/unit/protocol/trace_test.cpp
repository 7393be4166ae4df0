// Traces: what clients may say, what is recorded, what it costs when nothing
// is.

#include "protocol/json/json.hpp"
#include "protocol/tracer.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <set>

using namespace hansom;

namespace {

constexpr std::string_view good =
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct kept_spans final : span_sink {
  void take(finished_span x) override {
    all.push_back(std::move(x));
  }
  std::vector<finished_span> all;
};

traceparent parsed(std::string_view text) {
  traceparent x;
  CHECK_MESSAGE(parse_traceparent(text, x), text);
  return x;
}

bool is_refused(std::string_view text) {
  traceparent x;
  return !parse_traceparent(text, x);
}

} // namespace

TEST_CASE("a traceparent is read as the W3C has it") {
  auto x = parsed(good);
  CHECK(x.sampled);
  CHECK(trace_text(x.at) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span_text(x.at.span) == "00f067aa0ba902b7");
  CHECK(to_text(x) == good);
  CHECK(
    !parsed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").sampled);
  // Only the last bit says sampled; later versions may append.
  CHECK(
    !parsed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe").sampled);
  parsed("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  parsed("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more");
}

TEST_CASE("what is no traceparent is refused") {
  for (std::string_view x :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"})
    CHECK_MESSAGE(is_refused(x), x);
  auto endless = "01" + std::string{good.substr(2)} + '-'
                 + std::string(traceparent_max, 'x');
  CHECK(is_refused(endless));
}

TEST_CASE("a command may carry one, a position may not") {
  decoded_frame x;
  decode_error error;
  auto frame = [](std::string_view trace) {
    return R"({"type":"trip.start","id":"a","trip":"00a1000000000001",)"
           R"("traceparent":)"
           + std::string{trace} + '}';
  };
  REQUIRE(decode_frame(frame('"' + std::string{good} + '"'), x, error));
  CHECK(to_text(x.trace) == good);
  REQUIRE(decode_frame(R"({"type":"heartbeat"})", x, error));
  CHECK(!x.trace); // That of the frame before is forgotten.
  CHECK(!decode_frame(frame("7"), x, error));
  CHECK(error.code == error_code::wrong_type);
  CHECK(!decode_frame(frame("\"00-nonsense\""), x, error));
  CHECK(error.code == error_code::out_of_range);
  CHECK(error.where == "/traceparent");
  CHECK(!decode_frame(R"({"type":"position","lat":1,"lon":1,"time":1,)"
                      R"("traceparent":"x"})",
                      x, error));
  CHECK(error.where == "/traceparent");
  // An unknown field beside a good one is named.
  CHECK(!decode_frame(R"({"type":"shift.end","id":"a","traceparent":")"
                        + std::string{good} + R"(","spam":1})",
                      x, error));
  CHECK(error.where == "/spam");
}

TEST_CASE("recorded is what the client records, or what chance chooses") {
  kept_spans kept;
  auto said = parsed(good);
  auto silent = said;
  silent.sampled = false;
  SUBCASE("never by itself, but with the client") {
    tracer t{{0, true}, 1, {1000}, kept};
    CHECK(!t.begin_root({}));
    CHECK(!t.begin_root(silent));
    auto x = t.begin_root(said);
    REQUIRE(x);
    CHECK(x.parent == said.at.span);
    CHECK(trace_text(x.at) == trace_text(said.at));
    CHECK(x.at.span != said.at.span);
  }
  SUBCASE("clients may not decide") {
    tracer never{{0, false}, 1, {1000}, kept};
    CHECK(!never.begin_root(said));
    tracer always{{1'000'000, false}, 1, {1000}, kept};
    CHECK(always.begin_root(silent).parent == said.at.span);
  }
  SUBCASE("a tenth") {
    tracer t{{100'000, true}, 7, {1000}, kept};
    int n = 0;
    for (int i = 0; i < 10'000; ++i)
      n += t.begin_root({}) ? 1 : 0;
    CHECK(n > 850);
    CHECK(n < 1150);
    CHECK(!t.begin_root(silent)); // Its own decision is not made anew.
  }
}

TEST_CASE("a step is a child, and ends once") {
  kept_spans kept;
  tracer t{{1'000'000, true}, 1, {1000}, kept};
  auto root = t.begin_root({});
  auto step = begin_span(&t, root.at);
  CHECK(step.parent == root.at.span);
  CHECK(step.began_ns >= 1'000'000'000);
  auto make = [] {
    finished_span x;
    x.name = "step";
    return x;
  };
  end_span(&t, step, make);
  end_span(&t, step, make);
  REQUIRE(kept.all.size() == 1);
  CHECK(kept.all[0].ended_ns >= kept.all[0].what.began_ns);
  // Nothing is nothing, with and without a tracer.
  live_span none = begin_span(&t, {});
  CHECK(!none);
  CHECK(!begin_span(nullptr, root.at));
  end_span(&t, none, [&]() -> finished_span {
    FAIL("made up a span that nobody records");
    return {};
  });
}
