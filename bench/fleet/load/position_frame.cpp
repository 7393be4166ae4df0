#include "bench/fleet/load/position_frame.hpp"

#include "bench/fleet/ws_codec.hpp"

#include <cstdlib>

namespace hansom::fleet {

namespace {

constexpr std::size_t lat_at = 7;
constexpr std::size_t lon_at = 25;

void write_digits(char* at, std::uint64_t x, std::size_t width) {
  for (std::size_t i = width; i-- > 0; x /= 10)
    at[i] = static_cast<char>('0' + x % 10);
}

} // namespace

position_frame::position_frame(std::uint32_t points, std::size_t lon_width)
  : lon_width_{lon_width} {
  const std::string point = R"({"lat":00.0000000,"lon":-)"
                            + std::string(lon_width, '0')
                            + R"(.0000000,"time":0000000000000})";
  time_at_ = point.size() - 14;
  std::string text = R"({"type":"position","points":[)";
  for (std::uint32_t i = 0; i < points; ++i) {
    text += i == 0 ? "" : ",";
    offsets_.push_back(text.size());
    text += point;
  }
  text += "]}";
  append_frame(bytes_, opcode::text, text, 0);
  for (auto& x : offsets_)
    x += bytes_.size() - text.size();
}

void position_frame::set(std::size_t point, std::int32_t lat_e7,
                         std::int32_t lon_e7, std::int64_t time_ms) {
  constexpr std::uint64_t degree = 10'000'000;
  char* at = bytes_.data() + offsets_[point];
  const auto lat = static_cast<std::uint64_t>(std::abs(lat_e7));
  write_digits(at + lat_at, lat / degree, 2);
  write_digits(at + lat_at + 3, lat % degree, 7);
  const auto lon = static_cast<std::uint64_t>(std::abs(lon_e7));
  write_digits(at + lon_at, lon / degree, lon_width_);
  write_digits(at + lon_at + lon_width_ + 1, lon % degree, 7);
  write_digits(at + time_at_, static_cast<std::uint64_t>(time_ms), 13);
}

} // namespace hansom::fleet
