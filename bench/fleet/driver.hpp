#pragma once

#include "bench/fleet/client.hpp"
#include "bench/fleet/mover.hpp"

#include <optional>

namespace hansom::fleet {

/// A simulated driver: goes on shift, reports where he is, answers offers, and
/// drives his rides. Judges that he is never on two (I1, as he sees it) and
/// never holds two offers.
class driver final : public client {
public:
  driver(client_host& host, std::uint32_t link, driver_id id, geo_point at,
         random_stream random);

  /// @returns rides he believes to be on.
  std::size_t rides() const noexcept {
    return rides_.size();
  }

private:
  enum class mind : std::uint8_t { undecided, accept, decline, ignore, said };

  struct open_offer {
    // Written out: without it clang 14 takes the class for one that
    // std::optional cannot make, as long as `driver` is not complete.
    open_offer() noexcept {
    }

    offer_view what;
    mind to = mind::undecided;
    double act_s = 0;
  };

  bool is_driver() const noexcept override {
    return true;
  }
  void on_state(const server_frame& frame) override;
  trip_id present_trip() const override {
    return rides_.empty() ? trip_id{} : rides_.front().trip;
  }
  void on_push(const server_frame& frame) override;
  void on_answer(const pending& asked, const server_frame& frame) override;
  void on_agent_time() override;
  double agent_due() const override;

  driver_id id() const noexcept {
    return driver_id{who().id};
  }
  void take_offer(const offer_view& offer);
  void take_view(const trip_view& view);
  void hold(const trip_view& view);
  void let_go(const trip_view& view);
  void judge_overlap(double now);
  trip_view* present();

  void report_position();
  void drive_to(geo_point target);
  void answer_offer();
  void act(double now);
  void go_about();

  mover mover_;
  double speed_m_s_;
  double moved_s_ = 0;
  double position_s_ = 0;
  double act_s_ = 0;       ///< Not to do anything about the ride before.
  double board_s_ = never; ///< The rider is in by then.
  double cancel_s_ = never;
  geo_point target_;
  bool on_shift_ = false;
  std::optional<open_offer> offer_;
  std::vector<trip_view> rides_; ///< His, not over: at most two.

  /// Two rides at once, until the news of the first one's end comes: was it
  /// before the second began?
  struct overlap {
    trip_id first;
    trip_id second;
    timestamp second_began;
    double resolve_s = never;
  };
  overlap overlap_;
};

} // namespace hansom::fleet
