#include "bench/fleet/load/crowd.hpp"

#include "bench/fleet/token.hpp"
#include "protocol/json/json.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <stdexcept>

namespace hansom::fleet {

namespace {

constexpr double welcome_within_s = 15;
constexpr std::uint32_t links_max = 100'000;

} // namespace

std::string_view find_text(std::string_view frame, std::string_view name) {
  // With its colon: a type's value may be the name of another member.
  for (auto at = frame.find(name); at != frame.npos;
       at = frame.find(name, at + 1)) {
    const auto from = at + name.size() + 2;
    if (frame.substr(at + name.size(), 2) == ":\"")
      return frame.substr(from, frame.find('"', from) - from);
  }
  return {};
}

crowd::crowd(const load_options& options, std::uint32_t riders,
             std::uint64_t first_rider)
  : options_{options}, riders_{riders},
    first_rider_{first_rider}, secret_{read_key_file(options.dev_key_file)},
    loop_{parse_url(options.url), options.drivers + riders, options.seed},
    began_{std::chrono::steady_clock::now()} {
  if (options.drivers + riders > links_max)
    throw std::runtime_error{"a load has at most 100000 connections"};
  run_ = "l" + std::to_string(wall_ms());
}

double crowd::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now()
                                       - began_)
    .count();
}

std::int64_t crowd::wall_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

double crowd::cpu() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  auto seconds = [](const timeval& x) {
    return static_cast<double>(x.tv_sec)
           + 1e-6 * static_cast<double>(x.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void crowd::poll(double seconds) {
  loop_.poll(static_cast<int>(std::clamp(seconds * 1000, 0.0, 100.0)), *this);
}

bool crowd::gather(std::atomic<bool>& stop) {
  const auto all = options_.drivers + riders_;
  std::uint32_t opened = 0;
  const double from = now();
  double progress = from;
  std::uint32_t before = 0;
  while (welcome_ < all && !stop) {
    for (; opened < all && now() >= from + opened / options_.connects_per_s;
         ++opened)
      loop_.open(opened);
    poll(0.005);
    if (welcome_ != before) {
      before = welcome_;
      progress = now();
    }
    if (now() > progress + welcome_within_s)
      throw std::runtime_error{
        std::to_string(welcome_) + " of " + std::to_string(all)
        + " clients are welcome at " + options_.url
        + (last_reason_.empty() ? "" : "; the last refusal: " + last_reason_)};
  }
  result_.connected = welcome_ == all;
  return result_.connected;
}

void crowd::on_open(link_id link) {
  hello body;
  const bool driver = is_driver(link);
  body.token = make_token(secret_, driver ? "driver" : "rider",
                          driver ? options_.first_driver + link
                                 : first_rider_ + (link - options_.drivers),
                          wall_ms() / 1000, 24 * 3600);
  loop_.send(link, encode_frame("", body));
}

void crowd::on_text(link_id link, std::string_view text) {
  if (text.starts_with(R"({"seq":)")
      || text.starts_with(R"({"type":"welcome")"))
    if (text.find(R"("type":"welcome")") != text.npos) {
      ++welcome_;
      return on_welcome(link, text);
    }
  on_frame(link, text);
}

void crowd::on_closed(link_id, std::uint16_t code, std::string_view reason) {
  ++result_.lost;
  last_reason_ = std::to_string(code) + ' ' + std::string{reason};
}

void crowd::count_error(std::string_view text) {
  ++result_.errors[std::string{find_text(text, "\"code\"")}];
}

void write(std::ostream& out, const load_result& x) {
  auto line = [&](const char* name, double value, const char* unit) {
    out << name << ' ' << value << unit << '\n';
  };
  auto spread = [&](const char* name, const histogram& h) {
    if (h.count() == 0)
      return;
    out << name << " p50 " << static_cast<double>(h.percentile(0.5)) / 1000
        << " ms, p95 " << static_cast<double>(h.percentile(0.95)) / 1000
        << " ms, p99 " << static_cast<double>(h.percentile(0.99)) / 1000
        << " ms, max " << static_cast<double>(h.max()) / 1000 << " ms ("
        << h.count() << ")\n";
  };
  line("seconds", x.seconds, "");
  line("sent", static_cast<double>(x.sent), "");
  line("sent per second", static_cast<double>(x.sent) / x.seconds, "");
  if (x.sent > 0)
    line("own CPU per item", 1e6 * x.cpu_s / static_cast<double>(x.sent),
         " us");
  for (auto [name, value] :
       {std::pair{"acked", x.acked}, std::pair{"offered", x.offered},
        std::pair{"completed", x.completed}, std::pair{"refused", x.refused},
        std::pair{"told when", x.told_when}, std::pair{"given up", x.given_up},
        std::pair{"no rider", x.no_rider}, std::pair{"unsent", x.unsent},
        std::pair{"lost", x.lost}})
    if (value > 0)
      line(name, static_cast<double>(value), "");
  for (const auto& [code, n] : x.errors)
    line(("error " + code).c_str(), static_cast<double>(n), "");
  spread("request to ack", x.request_to_ack_us);
  spread("request to offer", x.request_to_offer_us);
  spread("whole ride", x.ride_us);
}

} // namespace hansom::fleet
