#pragma once

#include "bench/fleet/client.hpp"
#include "bench/fleet/demand.hpp"
#include "bench/fleet/driver.hpp"
#include "bench/fleet/rider.hpp"
#include "bench/fleet/ws_loop.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <queue>
#include <vector>

namespace hansom::fleet {

class trip_ledger;

/// Lines that several threads write.
class history_file {
public:
  /// @param path empty for none.
  /// @throws std::runtime_error when it cannot be written.
  explicit history_file(const std::string& path);
  void write(const std::string& line);

private:
  std::mutex mutex_;
  std::ofstream file_;
};

enum class run_phase : std::uint8_t { serving, draining, leaving };

/// What all threads of a run share.
struct fleet_run {
  const fleet_options* options = nullptr;
  std::vector<endpoint> to;
  std::string secret;
  std::string name; ///< Begins command ids.
  std::vector<ride_wish> wishes;
  std::vector<geo_point> places;
  const road_graph* roads = nullptr;
  trip_ledger* ledger = nullptr;
  history_file* history = nullptr;
  std::chrono::steady_clock::time_point began;
  std::int64_t wall_began_ms = 0;
  double serve_s = 0; ///< When the first second of demand begins, real.
  double span_s = 0;  ///< Simulated length of the demand.
  bool again = false; ///< Repeat the demand for ever.
  std::atomic<run_phase> phase{run_phase::serving};

  double now() const;
};

/// One thread's share of the clients: every N-th driver, rider and wish.
class fleet_thread final : public client_host, public ws_loop::listener {
public:
  fleet_thread(fleet_run& run, std::uint32_t number);
  ~fleet_thread() override;

  /// Runs until the phase is `leaving`, then says goodbye.
  void work();

  // -- from any thread --------------------------------------------------------

  /// @returns what was counted until a moment ago.
  fleet_stats snapshot() const;
  /// @returns whether each wish has been handed to a rider.
  bool wishes_done() const noexcept {
    return wishes_done_;
  }
  /// @returns whether some who dropped off are not back.
  bool in_storm() const noexcept {
    return in_storm_;
  }
  /// @returns riders whose commands still wait for answers.
  std::uint32_t unsettled() const noexcept {
    return unsettled_;
  }

private:
  struct appointment {
    double due;
    std::uint32_t link;
    bool operator<(const appointment& x) const {
      return due > x.due;
    }
  };

  void open(std::uint32_t link, bool resuming, std::uint32_t place) override;
  bool send(std::uint32_t link, std::string_view text) override;
  void abort(std::uint32_t link) override;
  void close(std::uint32_t link) override;
  double now() const override;
  timestamp wall_clock() const override;
  std::string token(entity_ref who) const override;
  void rider_free(std::uint32_t link) override;
  void promised(const std::string& line) override;

  void on_open(std::uint32_t link) override;
  void on_text(std::uint32_t link, std::string_view text) override;
  void on_closed(std::uint32_t link, std::uint16_t code,
                 std::string_view reason) override;

  void people();
  void schedule(std::uint32_t link);
  void keep_appointments();
  void hand_out_wishes();
  void hand_out(const ride_wish& wish);
  rider* free_rider();
  double wish_due() const;
  void storm();
  void publish();

  fleet_run& run_;
  std::uint32_t number_;
  std::uint32_t drivers_ = 0; ///< The links below are drivers.
  ws_loop loop_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<double> scheduled_;
  std::priority_queue<appointment> appointments_;
  std::deque<std::uint32_t> free_riders_; ///< Taken from the back.
  std::deque<ride_wish> late_;
  std::size_t next_wish_;
  double cycle_s_ = 0; ///< Simulated time by which wishes repeat.
  double published_s_ = 0;
  double storm_s_ = client::never; ///< When all drop off.
  double storm_began_s_ = client::never;
  std::vector<std::uint32_t> dropped_; ///< And are not back yet.
  std::atomic<bool> wishes_done_{false};
  std::atomic<std::uint32_t> unsettled_{0};
  std::atomic<bool> in_storm_{false};
  mutable std::mutex mutex_;
  fleet_stats published_;
};

} // namespace hansom::fleet
