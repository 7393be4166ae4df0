#pragma once

#include "actors/runtime/client_port.hpp"
#include "actors/runtime/directory.hpp"
#include "cluster/mesh/mesh_config.hpp"
#include "cluster/mesh/peer_listener.hpp"
#include "cluster/mesh/shard_map.hpp"

#include <functional>
#include <memory>

namespace hansom {

/// What goes first. Order is kept within a lane.
enum class mesh_lane : std::uint8_t {
  control,   ///< Membership, handoff, and the mail that is handed over.
  commands,  ///< Everything that matters.
  positions, ///< Latest wins when the peer is slow.
};
inline constexpr std::size_t mesh_lane_count = 3;

/// Mail between nodes.
struct far_mail {
  entity_ref to;
  parcel what;
  bool fresh = false;
  bool forwarded = false;       ///< The old owner of a shard passes it on.
  bool tried = false;           ///< It may have arrived somewhere.
  std::uint8_t hops = 0;        ///< Nodes that it has passed through.
  shard_id from_shard = 0xffff; ///< Of the entity that says it; 0xffff: none.
  store::epoch from_epoch = 0;
  timestamp until; ///< Of this node's clock; then it comes back.
};

/// What is done to a client's session on another node.
struct far_frame {
  enum class act : std::uint8_t { deliver, attached, close, follow };
  act what = act::deliver;
  client_frame frame; ///< `to` always; the rest as `what` needs it.
  close_code why = close_code::internal; ///< With `close`.
  trip_id trip;                          ///< With `follow`.
  std::uint8_t hops = 0;
  shard_id from_shard = 0xffff;
  store::epoch from_epoch = 0;
};

/// Why mail was not taken by a peer.
enum class mesh_nack : std::uint8_t {
  wrong_owner, ///< It names the owner that it knows, if it does.
  full,
  expired,
  link_lost, ///< Nobody knows what became of it.
  not_sent,  ///< It never left this node.
  unknown_type,
};
inline constexpr std::size_t mesh_nack_count = 6;
std::string to_string(mesh_nack x);

/// Where what peers say arrives. Called by links, on actors' threads.
class mesh_sink {
public:
  virtual ~mesh_sink() = default;

  /// @returns nothing when the mail has been taken (delivered, held or passed
  ///          on); else why not, with the owner known here.
  struct refusal {
    mesh_nack why = mesh_nack::wrong_owner;
    shard_map::owner owner;
  };
  virtual std::optional<refusal> mail(store::incarnation from, far_mail x) = 0;

  virtual void client(store::incarnation from, far_frame x) = 0;

  /// Mail of ours for which somebody waits was not taken, or lost.
  virtual void returned(store::incarnation by, far_mail x, refusal why) = 0;

  /// Every 50 ms.
  virtual void sweep() = 0;
};

/// What is known of one peer, for people and metrics. Counts since the link
/// was first wanted.
struct peer_report {
  store::incarnation who = 0;
  peer_address where;
  bool up = false;
  std::uint64_t links = 0; ///< How often it came up.
  std::uint64_t frames_out = 0, frames_in = 0;
  std::uint64_t messages_out = 0, messages_in = 0;
  std::uint64_t bytes_out = 0, bytes_in = 0;
  std::size_t in_flight = 0; ///< Bytes that the peer has not handled yet.
  std::size_t in_flight_max = 0;
  std::size_t waiting = 0; ///< Bytes that wait for credit.
  std::uint64_t conflated = 0, refused_full = 0, expired = 0, lost = 0;
  std::uint64_t nacked = 0;       ///< By the peer.
  std::uint64_t malformed = 0;    ///< Frames of the peer that made no sense.
  std::int64_t round_trip_us = 0; ///< The last ping's; 0: none yet.
};

/// All links of a node: batched frames, three lanes, credit. Thread-safe; no
/// call blocks but `start` and `stop`.
class mesh {
public:
  struct parts {
    mesh_config config;
    store::incarnation self = 0;
    mesh_sink* sink = nullptr;         ///< Must outlive the mesh.
    peer_listener* listener = nullptr; ///< Must outlive the mesh.
    std::function<timestamp()> now;    ///< Any thread; must be set.
  };

  /// What became of a wish to send.
  enum class sent : std::uint8_t {
    queued,
    no_link,
    full,
    unknown_type, ///< No message that nodes exchange; a defect.
  };

  /// @param system made from a configuration that went through `prepare`.
  mesh(caf::actor_system& system, parts with);
  ~mesh();
  mesh(const mesh&) = delete;
  mesh& operator=(const mesh&) = delete;

  /// Opens the port.
  /// @throws std::runtime_error when `check` finds fault, or the address cannot
  ///         be bound.
  void start();
  /// Ends all links; what was under way comes back. Idempotent.
  void stop();
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Wants a link. The younger incarnation dials, again and again until
  /// `forget`; the older one waits. Idempotent.
  void meet(store::incarnation peer, peer_address where);
  /// Ends a link for good; that incarnation never gets another one.
  void forget(store::incarnation peer);
  [[nodiscard]] bool is_up(store::incarnation peer) const;

  /// `x` is left alone unless it is queued.
  sent send(store::incarnation peer, far_mail& x);
  sent send(store::incarnation peer, const far_frame& x);
  /// For the listener of the peer, in order with other control messages and
  /// with forwarded mail. At most 512 KiB.
  sent control(store::incarnation peer, std::string_view body);

  /// Tries to connect, from a thread of its own.
  void probe(peer_address where, milliseconds within,
             std::function<void(link_evidence)> done);

  [[nodiscard]] std::vector<peer_report> peers() const;
  /// Greetings that were turned away: wrong version, settings, incarnation.
  [[nodiscard]] std::uint64_t turned_away() const noexcept;

private:
  struct body;
  std::unique_ptr<body> body_;
};

} // namespace hansom
