#include "bench/fleet/notes.hpp"

#include <algorithm>
#include <cstdio>

namespace hansom::fleet {

namespace {

std::string line(const note& x) {
  char head[64];
  std::snprintf(head, sizeof head, "%9.3f %c ", static_cast<double>(x.at_s),
                x.direction);
  std::string out = std::string{head} + x.what;
  if (x.number != 0)
    out += " #" + std::to_string(x.number);
  if (x.seq != 0)
    out += " seq " + std::to_string(x.seq);
  if (x.trip)
    out += " trip " + to_string(x.trip);
  if (x.rev != 0)
    out += " rev " + std::to_string(x.rev);
  if (x.phase != 255)
    out += ' ' + to_string(static_cast<trip_phase>(x.phase));
  if (x.driver)
    out += " driver " + to_string(x.driver);
  return out;
}

} // namespace

std::vector<std::string> notes::lines() const {
  std::vector<std::string> out;
  const std::uint32_t n = std::min<std::uint32_t>(count_, kept);
  for (std::uint32_t i = count_ - n; i != count_; ++i)
    out.push_back(line(ring_[i % kept]));
  return out;
}

} // namespace hansom::fleet
