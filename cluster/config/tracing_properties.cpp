#include "cluster/config/property_kinds.hpp"
#include "cluster/config/property_lists.hpp"

#include <charconv>
#include <cmath>

namespace hansom::config {

using namespace std::chrono_literals;

namespace {

constexpr double million = 1e6;

/// 10000 -> "0.01"
std::string ratio_text(std::uint32_t ppm) {
  if (ppm % 1'000'000 == 0)
    return std::to_string(ppm / 1'000'000) + ".0";
  auto digits = std::to_string(1'000'000 + ppm).substr(1);
  return "0." + digits.substr(0, digits.find_last_not_of('0') + 1);
}

bool parse_ratio(std::string_view text, std::uint32_t& ppm) {
  double x = -1;
  auto [rest, error] =
    std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc{} || rest != text.data() + text.size() || !(x >= 0)
      || x > 1)
    return false;
  ppm = static_cast<std::uint32_t>(std::lround(x * million));
  return true;
}

property sample_ratio() {
  return {"tracing.sample_ratio",
          "Share of commands that begin a trace of their own; 0.0 records only "
          "with clients that do.",
          "a number from 0.0 to 1.0, such as 0.01",
          [](const settings& s) { return ratio_text(s.tracing.ratio_ppm); },
          [](settings& s, const raw_value& x) {
            auto* text = text_of(x);
            return parse_ratio(text != nullptr ? *text : x.text,
                               s.tracing.ratio_ppm);
          }};
}

} // namespace

void tracing_properties(std::vector<property>& out) {
  out.insert(
    out.end(),
    {choice(
       "tracing.endpoint", AT(tracing.endpoint),
       "empty, or the http:// or https:// address of a collector's traces",
       [](const std::string& x) { return x; },
       [](const std::string& x, std::string& url) {
         auto fine =
           x.empty() || x.starts_with("http://") || x.starts_with("https://");
         if (fine)
           url = x;
         return fine;
       },
       "Where spans go, by OTLP over HTTP in JSON, such as "
       "\"http://127.0.0.1:4318/v1/traces\"; empty: nothing is recorded."),
     text("tracing.headers_file", AT(tracing.headers_file), "a file",
          "Lines \"Name: value\" sent with each export, such as a key."),
     sample_ratio(),
     flag("tracing.follow_clients", AT(tracing.follow_clients),
          "A command whose traceparent says sampled is recorded, one that says "
          "it is not is not."),
     integer("tracing.queue_max", AT(tracing.queue_max), 64, 1'000'000,
             "Spans that may wait for the collector; more are dropped and "
             "counted."),
     duration("tracing.flush_every", AT(tracing.flush_every), 50ms, 1min,
              "Spans are sent at least so often.")});
}

} // namespace hansom::config
