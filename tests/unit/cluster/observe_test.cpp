// Logs and spans as they leave the node.

#include "cluster/config/load.hpp"
#include "cluster/config/property.hpp"
#include "cluster/node/log_limiter.hpp"
#include "cluster/node/logging.hpp"
#include "cluster/tracing/otlp_json.hpp"
#include "cluster/tracing/span_exporter.hpp"
#include "protocol/log_context.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

using namespace hansom;
using namespace std::chrono_literals;

namespace {

/// What a logger of ours writes.
class log_page {
public:
  explicit log_page(const log_settings& with)
    : logger_{
      "test",
      make_log_sink(
        with, {std::make_shared<spdlog::sinks::ostream_sink_st>(text_)})} {
  }

  spdlog::logger& operator()() {
    return logger_;
  }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> out;
    std::istringstream in{text_.str()};
    for (std::string line; std::getline(in, line);)
      out.push_back(nlohmann::json::parse(line));
    return out;
  }
  std::string text() const {
    return text_.str();
  }

private:
  std::ostringstream text_;
  spdlog::logger logger_;
};

log_settings json_log(std::uint32_t per_second = 10) {
  log_settings x;
  x.json = true;
  x.lines_per_second = per_second;
  return x;
}

finished_span sample_span(std::uint64_t id) {
  finished_span x;
  x.what = {{1, 2, id}, 7, 1'700'000'000'000'000'000};
  x.name = "offer \"quoted\"";
  x.ended_ns = x.what.began_ns + 5;
  x.tags = {{"hansom.trip", std::string{"00a1"}}, {"n", std::int64_t{-3}}};
  x.links = {{1, 2, 9}};
  return x;
}

} // namespace

TEST_CASE("a line of the log is JSON, in UTC, with whom it is about") {
  log_page log{json_log()};
  log().info("a \"quoted\" line\n");
  {
    log_scope in{{trip_id{0xa1}, {1, 2, 3}}};
    log().warn("within");
  }
  log().error("after");
  auto lines = log.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["text"] == "a \"quoted\" line\n");
  CHECK(lines[0]["level"] == "info");
  auto time = lines[0]["time"].get<std::string>();
  CHECK(time.size() == 24);
  CHECK(time[10] == 'T');
  CHECK(time.back() == 'Z');
  CHECK(lines[1]["entity"] == "trip/00000000000000a1");
  CHECK(lines[1]["trace_id"] == "00000000000000010000000000000002");
  CHECK(lines[1]["span_id"] == "0000000000000003");
  CHECK(!lines[2].contains("entity"));
  log_page text{{}};
  text().warn("for people");
  CHECK(text.text().find("Z warning for people\n") == 24 - 1);
}

TEST_CASE("many lines of a kind become few, and none is lost from the count") {
  log_limiter x{2};
  auto now = log_limiter::time{} + 1h;
  int through = 0;
  for (int i = 0; i < 100; ++i)
    through += x.ask("trip/" + std::to_string(i) + ": failed", now).has_value();
  CHECK(through == 10); // Five seconds' worth.
  CHECK(x.suppressed() == 90);
  CHECK(x.ask("another thing", now) == 0);
  CHECK(x.ask("trip/7: failed", now + 1s) == 90);
  CHECK(x.ask("trip/8: failed", now + 1s) == 0);
  CHECK(!x.ask("trip/8: failed", now + 1s));
  log_limiter all{0};
  for (int i = 0; i < 1000; ++i)
    CHECK(all.ask("the same", now) == 0);
}

TEST_CASE("kinds of lines go by words, and are bounded") {
  auto kind = log_limiter::kind_of;
  CHECK(kind("trip/00a1: lost 3") == kind("trip/ff09: lost 41"));
  CHECK(kind("trip/00a1: lost 3") != kind("trip/00a1: found 3"));
  log_limiter x{1};
  auto now = log_limiter::time{} + 1h;
  std::string word = "aaaa";
  auto next = [&] {
    for (auto& c : word)
      if (++c <= 'z')
        break;
      else
        c = 'a';
  };
  for (int i = 0; i < 5000; ++i, next()) {
    for (int said = 0; said < 5; ++said)
      CHECK(x.ask(word, now) == 0);
    CHECK(!x.ask(word, now)); // It has something to tell.
    CHECK(x.kinds() <= log_limiter::kinds_max);
  }
  CHECK(x.kinds() == log_limiter::kinds_max);
  CHECK(x.suppressed() == 5000);
  // What was silent longest goes, what talks on stays.
  for (int said = 0; said < 6; ++said)
    x.ask("talks on", now + 2s);
  for (int i = 0; i < 3000; ++i, next())
    x.ask(word, now + 1s);
  CHECK(x.kinds() == log_limiter::kinds_max);
  CHECK(!x.ask("talks on", now + 2s));
}

TEST_CASE("the log says how many like a line were left out") {
  log_page log{json_log(1)};
  int said = 0;
  std::uint64_t told = 0;
  auto end = std::chrono::steady_clock::now() + 20s;
  while (told == 0 && std::chrono::steady_clock::now() < end) {
    log().warn("store {} is gone", said++);
    told = log.lines().back().value("suppressed", 0U);
    std::this_thread::sleep_for(1ms);
  }
  CHECK(told > 0);
  // The last that was written speaks for all that were not.
  CHECK(log.lines().size() + told == static_cast<std::uint64_t>(said));
  auto before = log.lines().size();
  for (int i = 0; i < 20; ++i)
    log().critical("store 1 is gone"); // Never left out.
  CHECK(log.lines().size() == before + 20);
  CHECK(log.lines().back()["level"] == "critical");
}

TEST_CASE("lines are kept as they were written") {
  auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("kept"));
  set_up_logging(json_log());
  {
    log_scope in{{trip_id{0xb2}, {1, 2, 3}}};
    spdlog::warn("kept within");
  }
  spdlog::set_default_logger(before);
  auto all = last_log_lines(1);
  REQUIRE(all.size() == 1);
  auto x = nlohmann::json::parse(all[0]);
  CHECK(x["text"] == "kept within");
  CHECK(x["entity"] == "trip/00000000000000b2");
  CHECK(x["trace_id"] == "00000000000000010000000000000002");
  CHECK(last_log_lines(0).empty());
}

TEST_CASE("spans in OTLP's JSON") {
  auto failed = sample_span(5);
  failed.error = "store.unavailable";
  auto x = nlohmann::json::parse(
    to_otlp_json({sample_span(4), failed}, "n1", "0.1.0"));
  auto& resource = x["resourceSpans"][0];
  CHECK(resource["resource"]["attributes"][0]["value"]["stringValue"]
        == "hansom");
  auto& spans = resource["scopeSpans"][0]["spans"];
  REQUIRE(spans.size() == 2);
  CHECK(spans[0]["traceId"] == "00000000000000010000000000000002");
  CHECK(spans[0]["spanId"] == "0000000000000004");
  CHECK(spans[0]["parentSpanId"] == "0000000000000007");
  CHECK(spans[0]["startTimeUnixNano"] == "1700000000000000000");
  CHECK(spans[0]["attributes"][1]["value"]["intValue"] == "-3");
  CHECK(spans[0]["links"][0]["spanId"] == "0000000000000009");
  CHECK(spans[0]["name"] == "offer \"quoted\"");
  CHECK(spans[0]["status"].empty());
  CHECK(spans[1]["status"]["code"] == 2);
}

TEST_CASE(
  "a collector that is away costs nobody a wait, and drops are counted") {
  tracing_settings with;
  with.endpoint = "http://127.0.0.1:9/v1/traces"; // Nobody listens there.
  with.queue_max = 64;
  with.flush_every = 50ms;
  {
    span_exporter x{with, "n1"};
    for (std::uint64_t i = 1; i <= 1000; ++i)
      x.take(sample_span(i));
    auto& n = x.numbers();
    CHECK(n.dropped_full >= 1000 - 64 - span_exporter::batch_max);
    CHECK(n.dropped_full + n.queued <= 1000);
    for (int i = 0; i < 2000 && n.failures == 0; ++i)
      std::this_thread::sleep_for(10ms);
    CHECK(n.failures >= 1);
    CHECK(n.exported == 0);
  }
  with.headers_file = "/nonexistent/headers";
  CHECK_THROWS(span_exporter{with, "n1"});
}

TEST_CASE("the end does not wait for a collector that does not answer") {
  // Takes connections, and never says a word.
  auto listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  tracing_settings with;
  with.endpoint =
    "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/v1/traces";
  with.flush_every = 10ms;
  auto begin = std::chrono::steady_clock::now();
  {
    span_exporter x{with, "n1", {10min, 50ms}};
    x.take(sample_span(1));
    for (int i = 0; i < 2000 && x.numbers().queued != 0; ++i)
      std::this_thread::sleep_for(10ms);
    x.take(sample_span(2)); // Waits behind a request that hangs.
  }
  CHECK(std::chrono::steady_clock::now() - begin < 5min);
  ::close(listener);
}

TEST_CASE("settings of tracing") {
  auto load = [](const std::string& value, settings& out) {
    return load_settings({"", {}, {"tracing.sample_ratio=" + value}}, out);
  };
  settings x;
  auto shown = [&] { return find_property("tracing.sample_ratio")->show(x); };
  CHECK(shown() == "0.0");
  for (auto [value, ppm, text] : {std::tuple{"0.01", 10'000U, "0.01"},
                                  {"1", 1'000'000U, "1.0"},
                                  {"0.000001", 1U, "0.000001"},
                                  {"0", 0U, "0.0"}}) {
    CHECK(load(value, x).empty());
    CHECK(x.tracing.ratio_ppm == ppm);
    CHECK(shown() == text);
  }
  for (auto bad : {"-1", "1.5", "often", "nan"})
    CHECK_MESSAGE(load(bad, x).size() == 1, bad);
}
