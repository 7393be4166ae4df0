#pragma once

#include "bench/fleet/client.hpp"
#include "bench/fleet/demand.hpp"

#include <optional>

namespace hansom::fleet {

/// A simulated rider: takes one wish at a time through quote, request and ride.
/// Judges that he is never on two (I3, as he sees it) and that nothing he was
/// promised is lost (I4).
class rider final : public client {
public:
  rider(client_host& host, std::uint32_t link, rider_id id,
        random_stream random);

  /// @pre is_free()
  void take(const ride_wish& wish);

  bool is_free() const noexcept {
    return at_ == stage::idle;
  }

private:
  enum class stage : std::uint8_t { idle, quoting, requesting, riding };

  bool is_driver() const noexcept override {
    return false;
  }
  void on_state(const server_frame& frame) override;
  trip_id present_trip() const override {
    return at_ == stage::riding ? trip_ : trip_id{};
  }
  void on_push(const server_frame& frame) override;
  void on_answer(const pending& asked, const server_frame& frame) override;
  void on_agent_time() override;
  double agent_due() const override;

  rider_id id() const noexcept {
    return rider_id{who().id};
  }
  void quote();
  void refused(const pending& asked, const server_frame& frame);
  void ride(trip_id trip);
  void take_view(const trip_view& view);
  void ended(const trip_view& view);
  void be_free();

  stage at_ = stage::idle;
  std::uint8_t quotes_ = 0; ///< For this wish.
  ride_wish wish_;
  trip_id trip_;      ///< The ride he is on.
  trip_id last_;      ///< The one before.
  trip_id early_end_; ///< Ended before its acknowledgement came.
  double cancel_s_ = never;
  double doubt_s_ = never; ///< When to ask for the full truth.
  double probe_s_ = never; ///< When to ask for a trip whose end is not told.
  double minute_s_;        ///< When to throw the dice about the net.
};

} // namespace hansom::fleet
