#include "cluster/program/moment.hpp"

#include "cluster/config/duration_text.hpp"

#include <ctime>

namespace hansom {

namespace {

constexpr const char* time_format = "%Y-%m-%dT%H:%M:%SZ";

} // namespace

bool parse_moment(const std::string& text, timestamp now, timestamp& out) {
  milliseconds ago{0};
  if (parse_duration(text, ago)) {
    out = now - ago;
    return true;
  }
  std::tm parts{};
  auto* end = ::strptime(text.c_str(), time_format, &parts);
  if (end == nullptr || *end != '\0')
    return false;
  out.ms = std::int64_t{::timegm(&parts)} * 1000;
  return true;
}

std::string moment_text(timestamp at) {
  std::time_t seconds = at.ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, time_format, &parts)};
}

} // namespace hansom
