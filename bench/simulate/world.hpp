#pragma once

#include "actors/cell/position_pack.hpp"
#include "actors/runtime/runtime.hpp"
#include "bench/fleet/histogram.hpp"
#include "bench/fleet/server_frame.hpp"
#include "bench/simulate/played_driver.hpp"
#include "bench/simulate/simulate.hpp"
#include "protocol/server_frames.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <map>
#include <memory>
#include <queue>
#include <vector>

namespace hansom::simulate {

/// Rider sessions begin here, driver sessions at 1.
inline constexpr std::uint64_t rider_sessions = 1'000'000;

inline milliseconds seconds(double x) {
  return milliseconds{static_cast<std::int64_t>(x * 1000)};
}

/// The gateway of the played clients: keeps what the actors say until the
/// world reads it, so that no player acts in the middle of an actor's turn.
class mail_box final : public client_port {
public:
  struct letter {
    session_ref to;
    std::string body;
  };

  void deliver(client_frame x) override {
    if (x.how == delivery::latest) // Positions of cars: nobody looks.
      return;
    auto& added = letters.emplace_back();
    added.to = x.to;
    splice(added.body, x.body, std::nullopt, x.re);
  }
  void attached(session_ref, std::string) override {
  }
  void close(session_ref, close_code) override {
  }
  void follow(session_ref to, trip_id trip) override {
    follows.emplace_back(to, trip);
  }

  std::vector<letter> letters;
  std::vector<std::pair<session_ref, trip_id>> follows;
};

/// One city, from its first second to the last ride's end.
class world {
public:
  world(const simulate_options& options,
        const std::vector<fleet::ride_wish>& wishes);
  ~world();

  simulate_figures run();

private:
  /// How far the clock jumps: players and actors are late by that at most.
  static constexpr milliseconds step{250};
  /// Drivers come on shift before the first rider.
  static constexpr milliseconds warm_up{30'000};
  /// After the last request the world goes on for so long.
  static constexpr milliseconds drain_max{7'200'000};

  struct due {
    timestamp at;
    std::uint64_t number = 0; ///< Order among equals.
    std::uint32_t who = 0;
    enum class what : std::uint8_t { request, report, act, answer } kind;

    friend bool operator<(const due& a, const due& b) {
      return std::pair{a.at, a.number} > std::pair{b.at, b.number};
    }
  };

  void boot();
  void place_drivers(const std::vector<fleet::ride_wish>& wishes);
  void at(timestamp when, due::what kind, std::uint32_t who);
  void settle();
  void tick();
  void happen(const due& x);

  // -- riders
  void ask_quote(std::uint32_t rider);
  void read_rider(std::uint32_t rider, const fleet::server_frame& x);
  void rider_sees(std::uint32_t rider, const trip_view& x);

  // -- drivers
  void report(std::uint32_t driver);
  void catch_up(played_driver& x);
  void drive(std::uint32_t driver, geo_point to);
  void read_driver(std::uint32_t driver, const fleet::server_frame& x);
  void driver_sees(std::uint32_t driver, const trip_view& x);
  void answer_offer(std::uint32_t driver);
  void act(std::uint32_t driver);

  void read_mail();
  client_ref from(entity_ref who, std::uint64_t session);
  simulate_figures figures() const;

  const simulate_options& options_;
  dispatch_config config_;
  mail_box mail_;
  caf::actor_system_config system_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* sched_ = nullptr;
  std::unique_ptr<store::factory> db_;
  caf::actor writer_;
  caf::actor reader_;
  std::unique_ptr<runtime> node_;

  fleet::random_stream chance_;
  timestamp midnight_;
  timestamp now_;
  std::priority_queue<due> agenda_;
  std::uint64_t numbers_ = 0;
  std::uint64_t commands_ = 0;
  std::map<cell_id, std::string> batches_;
  std::vector<played_driver> drivers_;
  std::vector<played_rider> riders_;
  std::size_t open_riders_ = 0;

  simulate_figures sum_;
  fleet::histogram waits_ms_;
  double empty_m_ = 0;
};

} // namespace hansom::simulate
