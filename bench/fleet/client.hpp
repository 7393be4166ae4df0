#pragma once

#include "bench/fleet/fleet_stats.hpp"
#include "bench/fleet/notes.hpp"
#include "bench/fleet/random.hpp"
#include "bench/fleet/server_frame.hpp"
#include "protocol/json/json.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hansom::fleet {

class road_graph;
class trip_ledger;
struct fleet_options;

/// Where a client lives: its connection, its clocks and what all share. One
/// thread; tests play it with scripted frames.
class client_host {
public:
  virtual ~client_host() = default;

  /// @param resuming it will ask for its former session.
  /// @param place which of the system's servers, modulo their number.
  virtual void open(std::uint32_t link, bool resuming, std::uint32_t place) = 0;
  virtual bool send(std::uint32_t link, std::string_view text) = 0;
  /// Breaks off without a word.
  virtual void abort(std::uint32_t link) = 0;
  virtual void close(std::uint32_t link) = 0;
  /// Real seconds since the run began.
  virtual double now() const = 0;
  virtual timestamp wall_clock() const = 0;
  virtual std::string token(entity_ref who) const = 0;
  /// The rider may take another wish.
  virtual void rider_free(std::uint32_t link) = 0;
  /// Remembers what the server promised, one JSON object.
  virtual void promised(const std::string& line) = 0;

  const fleet_options* options = nullptr;
  trip_ledger* ledger = nullptr;
  const road_graph* roads = nullptr;
  /// Where idle drivers like to be; not empty.
  const std::vector<geo_point>* places = nullptr;
  fleet_stats stats;
  std::string run;       ///< Makes command ids differ from other runs'.
  bool draining = false; ///< No more mischief, no more wishes.
};

/// The client's side of the protocol for one account: connects, says hello,
/// resumes, repeats what was not answered with the same id, and judges what
/// every client can judge of the stream (I6, I11, I12). What to say is the
/// derived driver's or rider's business.
class client {
public:
  client(client_host& host, std::uint32_t link, entity_ref who,
         random_stream random);
  virtual ~client() = default;

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// @param at_s when to connect first.
  void start(double at_s);

  void on_open();
  void on_text(std::string_view text);
  void on_closed(std::uint16_t code, std::string_view reason);
  /// Does what is due; call it at `due()` or later.
  void on_time();
  /// @returns when `on_time` has something to do.
  double due() const;

  entity_ref who() const noexcept {
    return who_;
  }
  std::uint32_t link() const noexcept {
    return link_;
  }
  /// @returns whether the server has answered everything and it is on line.
  bool settled() const noexcept {
    return welcomed_ && pending_.empty();
  }
  /// @returns whether the server has welcomed it, over this connection.
  bool online() const noexcept {
    return welcomed_;
  }
  /// Says goodbye for good.
  void leave();
  /// Loses the net for a blink, as all do when a mast or a node goes.
  void drop_off();

  static constexpr double never = std::numeric_limits<double>::infinity();
  /// Unanswered commands at a time; more are refused by `ask`.
  static constexpr std::size_t pending_max = 6;

protected:
  enum class command : std::uint8_t {
    shift_start,
    accept,
    decline,
    arrived,
    start,
    complete,
    cancel,
    quote,
    request,
    rate,
    probe, ///< A rating sent to learn whether a trip is over.
  };

  /// A command that waits for its answer.
  struct pending {
    std::uint32_t number = 0;
    command what = command::shift_start;
    std::uint8_t tries = 0;
    bool on_wire = false; ///< Sent over the present connection.
    trip_id trip;
    double first_s = 0; ///< When it was sent first.
    double again_s = 0; ///< When to send it again.
    std::string text;
  };

  /// Sends a command and repeats it until it is answered.
  /// @returns `false` when too many wait already.
  bool ask(command what, const client_message& body, trip_id trip = {});
  /// Sends a message that has no answer.
  void tell(const client_message& body);
  bool waits_for(command what, trip_id trip = {}) const noexcept;
  /// Comes back as somebody new, to hear the full truth.
  void start_over();
  /// Goes off the net for some time.
  void vanish();
  void broken(const char* invariant, std::string what);
  void record(char direction, const char* what, trip_id trip = {},
              std::uint32_t number = 0);
  bool happens(double probability);

  // -- what the derived client does -------------------------------------------

  virtual bool is_driver() const noexcept = 0;
  /// Full truth: after a fresh welcome or a resync.
  virtual void on_state(const server_frame& frame) = 0;
  /// @returns the trip he believes to be on; zero: none.
  virtual trip_id present_trip() const = 0;
  /// Connected and welcome, by resume.
  virtual void on_resumed() {
  }
  /// A push: offer, withdrawal, trip, receipt.
  virtual void on_push(const server_frame& frame) = 0;
  /// A final answer: ack, quote, or an error that will not change.
  virtual void on_answer(const pending& asked, const server_frame& frame) = 0;
  virtual void on_agent_time() = 0;
  virtual double agent_due() const = 0;

  client_host& host_;
  random_stream random_;

  /// Judges a trip's revision against what this client heard of it before
  /// (I12), and what all clients heard (I2, I5).
  void judge_view(const trip_view& view, bool is_state);

private:
  struct seen_trip {
    trip_id trip;
    std::uint32_t rev = 0;
    trip_phase phase = trip_phase::requested;
    driver_id driver;
  };
  struct answered {
    std::uint32_t number = 0;
    bool ack = false;
    trip_id trip;
  };

  void put(const std::string& text);
  void send_pending(pending& x);
  void welcome(const server_frame& frame);
  void take_push(const server_frame& frame);
  void take_answer(const server_frame& frame);
  void judge_repeated_answer(std::uint32_t number, const server_frame& frame);
  void take_error(pending& asked, const server_frame& frame);
  void remember_answer(const pending& asked, const server_frame& frame);
  void reconnect_in(double seconds);
  void offline();
  void beat();

  std::uint32_t link_;
  entity_ref who_;
  bool connected_ = false;
  bool welcomed_ = false;
  bool left_ = false;
  bool was_welcome_ = false;
  std::uint32_t place_ = 0;   ///< The server to go to, modulo their number.
  std::uint8_t failures_ = 0; ///< Connections in a row that led nowhere.
  std::uint32_t numbers_ = 0;
  std::uint32_t heartbeat_ms_ = 0;
  double connect_s_ = never;
  double beat_s_ = never;
  double heard_s_ = 0;
  double replay_s_ = never; ///< Until then the replay must have come.
  std::uint64_t last_seq_ = 0;
  std::uint64_t replay_to_ = 0;
  std::string session_;
  std::string held_; ///< A message held back, to be sent after the next.
  double held_s_ = never;
  std::vector<pending> pending_;
  std::array<seen_trip, 4> seen_{};
  std::array<answered, 4> answered_{};
  std::uint8_t next_seen_ = 0;
  std::uint8_t next_answered_ = 0;
  notes notes_;
};

} // namespace hansom::fleet
