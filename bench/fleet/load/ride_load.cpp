#include "bench/fleet/load/crowd.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/writer.hpp"

#include <cstdlib>
#include <deque>
#include <functional>
#include <queue>
#include <stdexcept>
#include <unordered_map>

namespace hansom::fleet {

namespace {

class ride_crowd final : public crowd {
public:
  explicit ride_crowd(const ride_load& options)
    : crowd{options.base, options.riders, options.first_rider}, load_{options},
      random_{options.base.seed}, riders_state_(options.riders),
      numbers_(options.base.drivers + options.riders),
      places_(options.base.drivers) {
    for (std::uint32_t i = 0; i < options.riders; ++i)
      free_.push_back(i);
    for (auto& at : places_)
      at = place();
  }

  load_result run(std::atomic<bool>& stop) {
    if (!gather(stop))
      return result_;
    const double from = now(), cpu_from = cpu();
    const double end = from + options_.seconds;
    std::uint64_t begun = 0;
    for (double t = from; !stop && t < end; t = now()) {
      const auto due =
        static_cast<std::uint64_t>((t - from) * load_.rides_per_s);
      for (int i = 0; begun < due && i < 200; ++i, ++begun)
        begin(t);
      report_places(t - from);
      give_up(t);
      wake(t);
      poll(begun < due ? 0 : 0.001);
    }
    result_.seconds = now() - from;
    result_.cpu_s = cpu() - cpu_from;
    result_.unsent = loop_.count().refused_full;
    return result_;
  }

private:
  struct rider_now {
    double asked_s = 0;
    double requested_s = 0;
    std::uint32_t round = 0; ///< Rides begun; tells late answers apart.
    bool busy = false;
    std::string trip;
  };
  struct times {
    double requested_s = -1;
    double offered_s = -1;
  };

  geo_point place() {
    const double degrees = options_.side_m / 111'195.0 / 2;
    return from_degrees(options_.lat + random_.between(-degrees, degrees),
                        options_.lon + random_.between(-degrees, degrees));
  }

  link_id link_of(std::uint32_t rider) const {
    return options_.drivers + rider;
  }

  std::string next_id(link_id link) {
    return run_ + '-' + std::to_string(++numbers_[link]);
  }

  void say(link_id link, std::string_view type, std::string_view trip) {
    text_ = R"({"type":")";
    text_ += type;
    text_ += R"(","id":")";
    text_ += next_id(link);
    text_ += R"(","trip":")";
    text_ += trip;
    text_ += R"("})";
    loop_.send(link, text_);
  }

  void begin(double t) {
    if (free_.empty()) {
      ++result_.no_rider;
      return;
    }
    const auto number = free_.front();
    free_.pop_front();
    auto& x = riders_state_[number];
    x.busy = true;
    x.asked_s = t;
    x.trip.clear();
    riding_.push_back({number, ++x.round, t});
    ++result_.sent;
    loop_.send(link_of(number), encode_frame(next_id(link_of(number)),
                                             quote_ask{place(), place(), {}}));
  }

  void end(std::uint32_t number, double rest_s = 0) {
    auto& x = riders_state_[number];
    if (!x.busy)
      return;
    x.busy = false;
    trips_.erase(x.trip);
    if (rest_s > 0)
      resting_.push({now() + rest_s, number});
    else
      free_.push_back(number);
  }

  void wake(double t) {
    for (; !resting_.empty() && resting_.top().first <= t; resting_.pop())
      free_.push_back(resting_.top().second);
  }

  void give_up(double t) {
    while (!riding_.empty() && riding_.front().at_s < t - load_.give_up_s) {
      const auto x = riding_.front();
      riding_.pop_front();
      auto& who = riders_state_[x.rider];
      if (!who.busy || who.round != x.round)
        continue;
      ++result_.given_up;
      if (!who.trip.empty())
        say(link_of(x.rider), "trip.cancel", who.trip);
      end(x.rider);
    }
  }

  /// Each driver once in five seconds, or nobody would offer him anything.
  void report_places(double t) {
    const auto due = static_cast<std::uint64_t>(t / 5 * options_.drivers);
    for (int i = 0; reported_ < due && i < 500; ++i, ++reported_) {
      const auto link = static_cast<link_id>(reported_ % options_.drivers);
      send_place(link);
    }
  }

  void send_place(link_id link) {
    position_report report;
    report.at = places_[link];
    report.time = {wall_ms()};
    loop_.send(link, encode_frame("", position{{report}}));
  }

  // -- hearing ----------------------------------------------------------------

  void on_welcome(link_id link, std::string_view text) override {
    if (!is_driver(link))
      return;
    if (text.find("non_operational") != text.npos)
      loop_.send(link, encode_frame(next_id(link), shift_start{}));
    send_place(link);
  }

  void on_frame(link_id link, std::string_view text) override {
    const auto type = find_text(text, "\"type\"");
    if (type == "error")
      on_error(link, text);
    else if (is_driver(link))
      on_driver(link, type, text);
    else
      on_rider(link - options_.drivers, type, text);
  }

  void on_error(link_id link, std::string_view text) {
    count_error(text);
    if (is_driver(link) || text.find("\"re\"") == text.npos)
      return;
    ++result_.refused;
    // As the protocol asks: not before the time that he was told.
    constexpr std::string_view when = R"("retry_after_ms":)";
    double rest_s = 0;
    if (const auto at = text.find(when); at != text.npos) {
      ++result_.told_when;
      rest_s = std::strtod(text.data() + at + when.size(), nullptr) / 1000;
    }
    end(link - options_.drivers, rest_s);
  }

  void on_driver(link_id link, std::string_view type, std::string_view text) {
    if (type == "offer") {
      const auto trip = find_text(text, "\"trip\"");
      say(link, "offer.accept", trip);
      ++result_.offered;
      auto& x = trips_[std::string{trip}];
      if (x.offered_s < 0)
        x.offered_s = now();
      measure(x);
    } else if (type == "trip") {
      const auto trip = find_text(text, "\"trip\"");
      const auto phase = find_text(text, "\"phase\"");
      if (phase == "assigned" && text.find(R"("queued":true)") == text.npos)
        say(link, "trip.arrived", trip);
      else if (phase == "arrived")
        say(link, "trip.start", trip);
      else if (phase == "on_trip")
        say(link, "trip.complete", trip);
    }
  }

  void on_rider(std::uint32_t number, std::string_view type,
                std::string_view text) {
    auto& x = riders_state_[number];
    if (!x.busy)
      return;
    if (type == "quote") {
      x.requested_s = now();
      trip_request body;
      body.quote = find_text(text, "\"quote\"");
      loop_.send(link_of(number), encode_frame(next_id(link_of(number)), body));
    } else if (type == "ack" && x.trip.empty()) {
      x.trip = find_text(text, "\"trip\"");
      ++result_.acked;
      result_.request_to_ack_us.add(
        static_cast<std::int64_t>((now() - x.requested_s) * 1e6));
      auto& trip = trips_[x.trip];
      trip.requested_s = x.requested_s;
      measure(trip);
    } else if (type == "trip") {
      const auto phase = find_text(text, "\"phase\"");
      const bool done = phase == "completed";
      if (!done && phase != "cancelled" && phase != "expired")
        return;
      result_.completed += done;
      if (done)
        result_.ride_us.add(
          static_cast<std::int64_t>((now() - x.asked_s) * 1e6));
      if (x.trip.empty())
        x.trip = find_text(text, "\"trip\"");
      end(number);
    }
  }

  void measure(const times& x) {
    if (x.requested_s >= 0 && x.offered_s >= 0)
      result_.request_to_offer_us.add(
        static_cast<std::int64_t>((x.offered_s - x.requested_s) * 1e6));
  }

  struct ride_begun {
    std::uint32_t rider;
    std::uint32_t round;
    double at_s;
  };

  ride_load load_;
  random_stream random_;
  std::vector<rider_now> riders_state_;
  std::vector<std::uint32_t> numbers_;
  std::vector<geo_point> places_;
  std::deque<std::uint32_t> free_;
  std::deque<ride_begun> riding_;                   ///< Oldest first.
  using resting = std::pair<double, std::uint32_t>; ///< Until when; who.
  std::priority_queue<resting, std::vector<resting>, std::greater<>> resting_;
  std::unordered_map<std::string, times> trips_;
  std::uint64_t reported_ = 0;
  std::string text_;
};

} // namespace

load_result run_ride_load(const ride_load& options, std::atomic<bool>& stop) {
  if (options.base.drivers < 1 || options.riders < 1)
    throw std::runtime_error{"a ride load needs drivers and riders"};
  return ride_crowd{options}.run(stop);
}

} // namespace hansom::fleet
