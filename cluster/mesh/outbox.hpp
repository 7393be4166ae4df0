#pragma once

#include "actors/cell/position_pack.hpp"
#include "cluster/mesh/mesh.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <typeinfo>
#include <unordered_map>

namespace hansom {

/// Bytes that wait on this node, for all peers and shards together.
struct waiting_budget {
  std::size_t max = 0;
  std::atomic<std::size_t> used{0};

  /// @returns whether there was room, which is then taken.
  bool take(std::size_t n) noexcept {
    if (used.fetch_add(n, std::memory_order_relaxed) + n <= max)
      return true;
    give(n);
    return false;
  }
  void give(std::size_t n) noexcept {
    used.fetch_sub(n, std::memory_order_relaxed);
  }
};

/// What waits for one peer, and what is on its way to it. Entries are packed as
/// they come; a frame is what has gathered when the link gets to it. Bounded in
/// bytes, waiting and in flight; of positions that the peer is too slow for,
/// each driver's latest is kept. Thread-safe; knows nothing of sockets.
class outbox {
public:
  struct frame {
    std::uint64_t number = 0;
    std::string body;
  };
  /// Mail for which a client waits, on its way back.
  struct back {
    far_mail what;
    mesh_nack why = mesh_nack::expired;
  };

  outbox(const mesh_config& limits, waiting_budget& budget)
    : limits_{limits}, budget_{budget} {
  }
  ~outbox();
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// @param wake set to whether the link has to be told.
  mesh::sent put(far_mail& x, timestamp now, bool& wake);
  mesh::sent put(const far_frame& x, timestamp now, bool& wake);
  mesh::sent put(std::string_view control, timestamp now, bool& wake);

  /// The link is up: what is put from now on counts from frame 1.
  void open();
  /// The link is gone: everything is dropped; what somebody waits for is
  /// returned.
  [[nodiscard]] std::vector<back> close();

  /// @returns what may be sent now.
  [[nodiscard]] std::vector<frame> take(timestamp now);

  /// The peer has not taken an entry of a frame.
  /// @returns the mail, if somebody waits for it.
  std::optional<far_mail> nacked(std::uint64_t number, std::uint32_t index);
  /// The peer has handled all frames up to this one.
  void acked(std::uint64_t number);

  /// @returns what somebody waits for and has waited too long.
  [[nodiscard]] std::vector<back> expire(timestamp now);

  void describe(peer_report& out) const;

private:
  struct ticket {
    std::uint32_t index = 0;
    far_mail what;
  };
  struct chunk {
    std::string bytes;
    std::uint32_t entries = 0;
    timestamp since;
    std::vector<ticket> tickets;
  };
  struct lane {
    std::deque<chunk> chunks;
    std::size_t bytes = 0;
  };
  struct flying {
    std::uint64_t number = 0;
    std::size_t bytes = 0;
    std::vector<ticket> tickets;
  };
  using single_key = std::pair<entity_ref, const std::type_info*>;

  mesh::sent add(mesh_lane where, std::string_view entry, timestamp now,
                 far_mail* ticketed, bool& wake);
  bool is_slow() const;
  bool conflate(far_mail& x);
  bool conflate(const far_frame& x);
  template <class Map, class Key, class Value>
  bool put_latest(Map& map, Key key, Value&& x);
  void spill(timestamp now);
  bool may_send(const chunk& x, bool last) const;
  void send_lane(lane& x, std::vector<frame>& out);
  void nudge(bool& wake);

  const mesh_config& limits_;
  waiting_budget& budget_;
  mutable std::mutex mutex_; ///< Guards what follows.
  bool up_ = false;
  bool told_ = false; ///< The link knows that there is something to send.
  std::array<lane, mesh_lane_count> lanes_;
  std::deque<flying> flying_;
  std::size_t in_flight_ = 0;
  std::uint64_t last_ = 0;

  std::map<cell_id, std::unordered_map<driver_id, packed_position>> moved_;
  std::map<single_key, far_mail> singles_;
  std::map<std::pair<session_ref, std::string>, far_frame> views_;
  std::size_t latest_ = 0; ///< Entries of the three maps.

  std::uint64_t frames_ = 0, messages_ = 0, bytes_ = 0;
  std::uint64_t conflated_ = 0, full_ = 0, expired_ = 0, lost_ = 0;
  std::uint64_t nacked_ = 0;
  std::size_t in_flight_max_ = 0;
};

} // namespace hansom
