#pragma once

#include "actors/runtime/position_port.hpp"
#include "gateway/session/resume_mirror.hpp"
#include "persistence/redis/position_board.hpp"
#include "persistence/redis/rate_counter.hpp"
#include "persistence/redis/resume_store.hpp"

#include <atomic>
#include <functional>

/// What actors and gateway ask for, answered by what persistence/redis offers.
namespace hansom {

class board_positions final : public position_port {
public:
  explicit board_positions(redis::position_board& to) : to_{to} {
  }
  void moved(cell_id cell, std::string_view packed) override;
  void gone(driver_id driver, cell_id cell) override;

private:
  redis::position_board& to_;
};

class stream_mirror final : public resume_mirror {
public:
  /// A client that comes back waits so long for its past.
  static constexpr milliseconds patience{200};

  explicit stream_mirror(redis::resume_store& to) : to_{to} {
  }
  void push(const session_name& whose, std::uint64_t seq, std::uint32_t life,
            std::uint64_t oldest, std::string_view frame) override;
  void expire(const session_name& whose, milliseconds within) override;
  void fetch(const session_name& whose, std::uint64_t seq,
             past_callback done) override;

  [[nodiscard]] std::uint64_t found() const noexcept {
    return found_;
  }
  [[nodiscard]] std::uint64_t missed() const noexcept {
    return missed_;
  }

private:
  redis::resume_store& to_;
  std::atomic<std::uint64_t> found_{0};
  std::atomic<std::uint64_t> missed_{0};
};

class counted_hellos final : public hello_limit {
public:
  counted_hellos(redis::rate_counter& with, std::uint32_t per_minute,
                 std::function<timestamp()> now)
    : with_{with}, per_minute_{per_minute}, now_{std::move(now)} {
  }
  void count(entity_ref client, std::function<void()> too_many) override;

private:
  redis::rate_counter& with_;
  std::uint32_t per_minute_;
  std::function<timestamp()> now_;
};

} // namespace hansom
