#include "bench/fleet/load/crowd.hpp"
#include "bench/fleet/load/position_frame.hpp"
#include "protocol/json/json.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace hansom::fleet {

namespace {

class position_crowd final : public crowd {
public:
  explicit position_crowd(const position_load& options)
    : crowd{options.base, 0, 0}, load_{options}, frame_{options.per_frame,
                                                        options.base.lon
                                                            <= -100.5
                                                          ? std::size_t{3}
                                                          : std::size_t{2}} {
    random_stream random{options.base.seed};
    const double degrees = options.base.side_m / 111'195.0 / 2;
    for (std::uint32_t i = 0; i < options.base.drivers; ++i)
      places_.push_back(
        from_degrees(options.base.lat + random.between(-degrees, degrees),
                     options.base.lon + random.between(-degrees, degrees)));
  }

  load_result run(std::atomic<bool>& stop) {
    if (!gather(stop))
      return result_;
    const double frames_per_s = load_.positions_per_s / load_.per_frame;
    const double from = now(), cpu_from = cpu();
    std::uint64_t frames = 0;
    while (!stop && now() < from + options_.seconds) {
      const auto due =
        static_cast<std::uint64_t>((now() - from) * frames_per_s);
      // In pieces, so that answers are read meanwhile.
      for (int i = 0; frames < due && i < 2000; ++i, ++frames)
        send(static_cast<link_id>(frames % options_.drivers));
      poll(frames < due ? 0 : 0.001);
    }
    result_.seconds = now() - from;
    result_.cpu_s = cpu() - cpu_from;
    result_.unsent = loop_.count().refused_full;
    return result_;
  }

private:
  void send(link_id link) {
    const auto time = wall_ms();
    const auto n = load_.per_frame;
    for (std::uint32_t i = 0; i < n; ++i) {
      // A slow drive to and fro.
      places_[link].lat_e7 += (time >> 13 & 1) != 0 ? 40 : -40;
      frame_.set(i, places_[link].lat_e7, places_[link].lon_e7,
                 time - (n - 1 - i));
    }
    if (loop_.send_raw(link, frame_.bytes(), 1))
      result_.sent += n;
  }

  void on_welcome(link_id link, std::string_view text) override {
    if (text.find("non_operational") != text.npos)
      loop_.send(link, encode_frame(run_ + "-1", shift_start{}));
  }
  void on_frame(link_id, std::string_view text) override {
    if (text.find(R"("type":"error")") != text.npos)
      count_error(text);
  }

  position_load load_;
  position_frame frame_;
  std::vector<geo_point> places_;
};

} // namespace

load_result run_position_load(const position_load& options,
                              std::atomic<bool>& stop) {
  const auto& x = options.base;
  if (options.per_frame < 1 || options.per_frame > position_points_max)
    throw std::runtime_error{"per_frame must be from 1 to 50"};
  // Digits are written over: their number must not change on the way.
  const bool west = (x.lon < -11 && x.lon > -99) || (x.lon < -101);
  if (x.lat < 11 || x.lat > 80 || x.lon < -178 || !west || x.side_m > 50'000)
    throw std::runtime_error{"a position load lies between 11 and 80 degrees "
                             "north and 11 and 178 west, not around 100 west, "
                             "within 50 km"};
  if (x.drivers < 1)
    throw std::runtime_error{"a position load needs drivers"};
  return position_crowd{options}.run(stop);
}

} // namespace hansom::fleet
