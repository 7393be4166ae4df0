#pragma once

#include "actors/runtime/client_port.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hansom {

/// Questions of one node to another, for people who look. They go the way of
/// frames to clients, which knows every node already: a question is a frame to
/// a session that no client has, and so are the parts of its answer. Everything
/// else is passed on. Thread-safe.
class peer_desk final : public client_port {
public:
  using parts = std::vector<std::string>;
  /// Gets the answer; nothing when none came in time. Called once.
  using hearer = std::function<void(std::optional<parts>)>;
  /// Answers a question of another node, once, from any thread; must not block.
  using answerer = std::function<void(const std::string& question,
                                      std::function<void(parts)> reply)>;

  static constexpr std::size_t questions_max = 256; ///< That wait at a time.
  static constexpr std::size_t part_max = std::size_t{256} << 10;
  static constexpr std::size_t answer_max = std::size_t{16} << 20;

  /// @param others whom all other frames go to; must outlive the desk.
  /// @param self the node that answers come back to.
  peer_desk(client_port& others, std::uint64_t self)
    : others_{others}, self_{self} {
  }

  /// @param way to sessions of all nodes; must outlive the last question.
  void connect(client_port& way, answerer answers);

  /// Any thread. The desk must outlive `system`.
  void ask(caf::actor_system& system, std::uint64_t peer, std::string question,
           std::chrono::milliseconds within, hearer done);

  // -- client_port ------------------------------------------------------------

  void deliver(client_frame frame) override;
  void attached(session_ref to, std::string state) override;
  void close(session_ref to, close_code why) override;
  void follow(session_ref to, trip_id trip) override;

private:
  struct waiting {
    hearer done;
    parts heard;
    std::size_t bytes = 0;
  };

  /// No gateway has so many threads; the desk for orders is above.
  static constexpr std::uint16_t desk_worker = 0xfffe;

  void answer(const client_frame& question);
  void take(client_frame part);
  void finish(std::uint64_t question, bool answered);

  client_port& others_;
  const std::uint64_t self_;
  client_port* way_ = nullptr;
  answerer answers_;
  std::mutex mutex_; ///< Guards what follows.
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, waiting> waiting_;
};

/// Cuts a long text into parts that travel.
void append_parts(peer_desk::parts& to, std::string_view text);

} // namespace hansom
