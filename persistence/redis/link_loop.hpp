#pragma once

#include "persistence/redis/link.hpp"
#include "persistence/redis/wire.hpp"

#include <chrono>
#include <deque>
#include <mutex>

namespace hansom::redis {

/// What the link's thread does: connects, sends, receives, gives up. For
/// `link.cpp` alone.
class link_loop {
public:
  explicit link_loop(link_config with);
  ~link_loop();
  link_loop(const link_loop&) = delete;
  link_loop& operator=(const link_loop&) = delete;

  // -- before the thread starts -----------------------------------------------

  void every(milliseconds period, std::function<void()> run);

  // -- any thread -------------------------------------------------------------

  bool push(const command& x, milliseconds within, callback done);
  void ask_to_stop();
  [[nodiscard]] bool connected() const noexcept {
    return up_.load(std::memory_order_acquire);
  }
  [[nodiscard]] link_health health() const;
  [[nodiscard]] const link_stats& stats() const noexcept {
    return stats_;
  }
  [[nodiscard]] const link_config& config() const noexcept {
    return config_;
  }

  // -- the link's thread ------------------------------------------------------

  void run();

private:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  static constexpr unsigned refused_greeting = ~0U;

  struct request {
    std::string bytes;
    callback done; ///< Empty: nobody waits, or not any more.
    milliseconds within{0};
    time_point deadline;
    time_point sent;
    bool answered = false; ///< Its asker has been told; counted no more.
  };
  struct job {
    milliseconds period;
    std::function<void()> run;
    time_point due;
  };

  void round(time_point now);
  void run_jobs(time_point now);
  void connect(time_point now);
  void go_on_connecting();
  void greet(time_point now);
  void greeted(const reply& x, std::string_view what);
  void take_queue(time_point now);
  void append(request x, time_point now);
  void flush();
  void receive();
  void take_answer(reply x);
  void give_up_late(time_point now);
  void wait(time_point now);
  [[nodiscard]] time_point next_event(time_point now) const;
  void lose(const std::string& why);
  void fail_queue(link_drop why, const std::string& text);
  void settle(request& x, const reply& with);
  void count(link_drop why) {
    ++stats_.drops[static_cast<std::size_t>(why)];
  }

  link_config config_;
  link_stats stats_;
  std::atomic<bool> up_{false};
  std::atomic<bool> stopping_{false};
  int wake_fd_ = -1;
  std::vector<job> jobs_;

  mutable std::mutex mutex_;
  std::deque<request> queue_; ///< Guarded.
  std::string why_;           ///< Guarded: why there is no connection.

  // The link's thread alone.
  std::unique_ptr<wire> wire_;
  bool established_ = false;
  int connecting_ = 0;     ///< What a new connection waits for: poll's flags.
  unsigned greetings_ = 0; ///< Unanswered.
  time_point connect_deadline_;
  time_point connect_at_;
  milliseconds backoff_{0};
  std::deque<request> sent_;
  std::string out_;
  std::size_t out_from_ = 0;
  time_point stop_at_;
  time_point log_refusal_at_;
};

} // namespace hansom::redis
