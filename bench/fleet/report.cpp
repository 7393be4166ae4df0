#include "bench/fleet/report.hpp"

#include "bench/fleet/fleet.hpp"
#include "protocol/json/writer.hpp"

#include <cstdio>
#include <ostream>

namespace hansom::fleet {

namespace {

template <class... Ts>
std::string text(const char* format, Ts... xs) {
  char out[256];
  std::snprintf(out, sizeof out, format, xs...);
  return out;
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0
           ? 0
           : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double rate(std::uint64_t n, double seconds) {
  return seconds > 0 ? static_cast<double>(n) / seconds : 0;
}

unsigned long long ull(std::uint64_t x) {
  return x;
}

std::string latency(const char* name, const histogram& x) {
  auto ms = [&](double share) {
    return static_cast<double>(x.percentile(share)) / 1000;
  };
  return text("%-17s p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms"
              " (%llu)\n",
              name, ms(0.5), ms(0.95), ms(0.99),
              static_cast<double>(x.max()) / 1000, ull(x.count()));
}

std::string wait_line(const histogram& x, double compression) {
  auto s = [&](double share) {
    return static_cast<double>(x.percentile(share)) / 1000;
  };
  const double mean = x.mean() / 1000, p50 = s(0.5), p95 = s(0.95);
  const double c = compression;
  return text("wait              mean %.1f s, p50 %.1f s, p95 %.1f s simulated;"
              " %.1f / %.1f / %.1f s real\n",
              mean * c, p50 * c, p95 * c, mean, p50, p95);
}

std::string counts(const char* name,
                   const std::map<std::string, std::uint64_t>& xs) {
  if (xs.empty())
    return {};
  std::string out = text("%-17s ", name);
  bool first = true;
  for (const auto& [what, n] : xs) {
    out += (first ? "" : ", ") + what + ' ' + std::to_string(n);
    first = false;
  }
  return out + '\n';
}

void write_violations(std::ostream& out, const fleet_report& x) {
  for (const auto& v : x.stats.violations) {
    out << "\nBROKEN " << v.invariant << ": " << v.what << '\n';
    if (v.client.id != 0)
      out << "  heard by " << to_string(v.client)
          << text(" at %.3f s; what it did and heard:\n", v.at_s);
    for (const auto& line : v.history)
      out << "  " << line << '\n';
  }
}

std::string hints(const fleet_report& x) {
  auto error = [&](const char* code) {
    auto i = x.stats.errors.find(code);
    return i == x.stats.errors.end() ? 0 : i->second;
  };
  std::string out;
  if (error("trip.too_far") > 0)
    out += text("hint: the server refused positions as jumps? At this "
                "compression vehicles seem %.0f m/s fast; set "
                "positions.speed_max_m_s above that\n",
                x.options->speed_m_s * 1.3 * x.options->compression);
  if (x.stats.waited > 0)
    out += text("hint: %llu wishes waited for a free rider; --riders is too "
                "small for this demand\n",
                ull(x.stats.waited));
  return out;
}

std::string verdict(const fleet_report& x) {
  std::uint64_t lost = 0, doubled = 0;
  for (const auto& [name, n] : x.stats.broken) {
    if (name == "I4" || name == "I5")
      lost += n;
    if (name == "I2" || name == "two rides" || name == "one live offer")
      doubled += n;
  }
  const auto all = x.stats.broken_count();
  return text("%s: %llu violations (%llu trips lost or without an end, %llu "
              "double assignments)%s, p99 request to offer %.1f ms\n",
              all == 0 ? "PASS" : "FAIL", ull(all), ull(lost), ull(doubled),
              x.interrupted ? ", stopped by hand" : "",
              static_cast<double>(x.trips.offer_us.percentile(0.99)) / 1000);
}

void json_counts(std::string& out, const char* name,
                 const std::map<std::string, std::uint64_t>& xs) {
  out += text(",\"%s\":{", name);
  bool first = true;
  for (const auto& [what, n] : xs) {
    if (!first)
      out += ',';
    first = false;
    json::append(out, what);
    out += ':' + std::to_string(n);
  }
  out += '}';
}

std::string json_latency(const char* name, const histogram& x, double unit) {
  auto at = [&](double share) {
    return static_cast<double>(x.percentile(share)) * unit;
  };
  return text(",\"%s\":{\"count\":%llu,\"mean\":%.3f,\"p50\":%.3f,\"p95\":%.3f,"
              "\"p99\":%.3f,\"max\":%.3f}",
              name, ull(x.count()), x.mean() * unit, at(0.5), at(0.95),
              at(0.99), static_cast<double>(x.max()) * unit);
}

void json_violations(std::string& out, const fleet_report& x) {
  out += ",\"violations\":[";
  bool first = true;
  for (const auto& v : x.stats.violations) {
    out += first ? "{\"invariant\":" : ",{\"invariant\":";
    first = false;
    json::append(out, v.invariant);
    out += ",\"what\":";
    json::append(out, v.what);
    out += ",\"client\":";
    json::append(out, v.client.id == 0 ? std::string{} : to_string(v.client));
    out += text(",\"at_s\":%.3f,\"history\":", v.at_s);
    json::append(out, v.history);
    out += '}';
  }
  out += ']';
}

} // namespace

void write_text(std::ostream& out, const fleet_report& x) {
  const auto& o = *x.options;
  const auto& s = x.stats;
  const auto& t = x.trips;
  const auto cancelled = t.cancelled_by_rider + t.cancelled_otherwise;
  out << "seed " << o.seed << ", run " << x.run << ", " << o.drivers
      << " drivers, " << o.riders << " riders, compression "
      << text("%g", o.compression) << text(", %.0f s\n", x.seconds);
  out << text("requests          %llu wanted, %llu accepted, %llu refused, "
              "%llu waited for a rider, %llu dropped\n",
              ull(s.wishes), ull(t.acknowledged), ull(s.gave_up), ull(s.waited),
              ull(s.late))
      << text("served            %.1f %% (%llu)\n",
              percent(t.completed, t.acknowledged), ull(t.completed))
      << text("expired           %.1f %% (%llu)\n",
              percent(t.expired, t.acknowledged), ull(t.expired))
      << text("cancelled         %.1f %% (%llu by riders, %llu otherwise)\n",
              percent(cancelled, t.acknowledged), ull(t.cancelled_by_rider),
              ull(t.cancelled_otherwise))
      << text(
           "other             %llu ended unseen, %llu open, %llu got another "
           "driver\n",
           ull(t.ended_unseen), ull(t.open), ull(t.reassigned));
  out << wait_line(t.wait_ms, o.compression)
      << latency("request to offer", t.offer_us)
      << latency("command to ack", s.ack_us);
  out << text("messages          %.0f/s in, %.0f/s out; %llu positions, %llu "
              "commands, %llu repeated, %llu pushes\n",
              rate(s.frames_in, x.seconds), rate(s.frames_out, x.seconds),
              ull(s.positions), ull(s.commands), ull(s.repeated), ull(s.pushes))
      << text("offers            %llu; %llu accepted, %llu declined, %llu "
              "ignored\n",
              ull(s.offers), ull(s.accepted), ull(s.declined), ull(s.ignored))
      << text("connections       %llu welcomes, %llu reconnects, %llu resumes, "
              "%llu resyncs\n",
              ull(s.connects), ull(s.reconnects), ull(s.resumes),
              ull(s.resyncs));
  if (s.dropped_off > 0)
    out << text("storm             %llu dropped off at once, the last was back "
                "after %.1f s\n",
                ull(s.dropped_off), static_cast<double>(s.storm_ms) / 1000);
  out << counts("errors", s.errors) << counts("closed", s.closes)
      << counts("broken", s.broken);
  write_violations(out, x);
  out << hints(x) << verdict(x);
}

std::string to_json(const fleet_report& x) {
  const auto& o = *x.options;
  const auto& s = x.stats;
  const auto& t = x.trips;
  std::string out =
    text("{\"seed\":%llu,\"drivers\":%u,\"riders\":%u,"
         "\"compression\":%g,\"seconds\":%.1f",
         ull(o.seed), o.drivers, o.riders, o.compression, x.seconds);
  out += ",\"run\":";
  json::append(out, x.run);
  auto number = [&](const char* name, std::uint64_t n) {
    out += text(",\"%s\":%llu", name, ull(n));
  };
  number("wanted", s.wishes);
  number("requests", t.acknowledged);
  number("refused", s.gave_up);
  number("waited_for_rider", s.waited);
  number("dropped", s.late);
  number("completed", t.completed);
  number("expired", t.expired);
  number("cancelled_by_rider", t.cancelled_by_rider);
  number("cancelled_otherwise", t.cancelled_otherwise);
  number("ended_unseen", t.ended_unseen);
  number("open", t.open);
  number("reassigned", t.reassigned);
  out += text(",\"served_percent\":%.2f", percent(t.completed, t.acknowledged));
  out += text(",\"expired_percent\":%.2f", percent(t.expired, t.acknowledged));
  out += json_latency("wait_s_simulated", t.wait_ms, 1e-3 * o.compression);
  out += json_latency("wait_s_real", t.wait_ms, 1e-3);
  out += json_latency("request_to_offer_ms", t.offer_us, 1e-3);
  out += json_latency("command_to_ack_ms", s.ack_us, 1e-3);
  number("frames_in", s.frames_in);
  number("frames_out", s.frames_out);
  out += text(",\"frames_in_per_s\":%.1f", rate(s.frames_in, x.seconds));
  out += text(",\"frames_out_per_s\":%.1f", rate(s.frames_out, x.seconds));
  number("positions", s.positions);
  number("teleports", s.expected_jumps);
  number("commands", s.commands);
  number("repeated", s.repeated);
  number("pushes", s.pushes);
  number("offers", s.offers);
  number("accepted", s.accepted);
  number("declined", s.declined);
  number("ignored", s.ignored);
  number("welcomes", s.connects);
  number("reconnects", s.reconnects);
  number("resumes", s.resumes);
  number("resyncs", s.resyncs);
  number("dropped_off", s.dropped_off);
  number("storm_ms", s.storm_ms);
  json_counts(out, "errors", s.errors);
  json_counts(out, "closed", s.closes);
  json_counts(out, "broken", s.broken);
  number("violation_count", s.broken_count());
  json_violations(out, x);
  out += text(",\"interrupted\":%s", x.interrupted ? "true" : "false");
  out += text(",\"passed\":%s}", s.broken_count() == 0 ? "true" : "false");
  return out;
}

} // namespace hansom::fleet
