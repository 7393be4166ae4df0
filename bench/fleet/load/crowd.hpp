#pragma once

#include "bench/fleet/load/load.hpp"
#include "bench/fleet/ws_loop.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::fleet {

/// Connections that say hello at a measured pace; what comes after the welcome
/// is the derived load's business.
class crowd : public ws_loop::listener {
public:
  /// @param riders connect after the drivers; their links follow.
  crowd(const load_options& options, std::uint32_t riders,
        std::uint64_t first_rider);

  /// Connects everybody. @returns whether all were welcome in time.
  bool gather(std::atomic<bool>& stop);

protected:
  using link_id = ws_loop::link_id;

  virtual void on_welcome(link_id link, std::string_view text) = 0;
  virtual void on_frame(link_id link, std::string_view text) = 0;

  bool is_driver(link_id link) const noexcept {
    return link < options_.drivers;
  }
  double now() const;
  std::int64_t wall_ms() const;
  /// Runs the sockets for at most so long.
  void poll(double seconds);
  /// CPU time that this thread has used.
  static double cpu();
  void count_error(std::string_view text);

  load_options options_;
  std::uint32_t riders_;
  std::uint64_t first_rider_;
  std::string secret_;
  std::string run_; ///< Begins command ids: no two runs share one.
  ws_loop loop_;
  load_result result_;
  std::uint32_t welcome_ = 0;

private:
  void on_open(link_id link) override;
  void on_text(link_id link, std::string_view text) override;
  void on_closed(link_id link, std::uint16_t code,
                 std::string_view reason) override;

  std::chrono::steady_clock::time_point began_;
  std::string last_reason_;
};

/// @param name in quotes: "\"trip\"".
/// @returns the text value of a member in a flat frame, found by its name
///          alone: enough for frames of a server that is trusted to be sound.
std::string_view find_text(std::string_view frame, std::string_view name);

} // namespace hansom::fleet
