#pragma once

#include "persistence/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Who is in the cluster and who owns which shard, as the store knows it: the
/// only authority. Rows and compare-and-swap, no decisions: those are pure
/// functions of the cluster room.
namespace hansom::store {

enum class node_status : std::uint8_t {
  alone = 0,   ///< Started by itself, no member: `connection::claim_shards`.
  joining = 1, ///< Has an incarnation; does not own anything yet.
  active,      ///< May own shards.
  draining,    ///< Owns shards still; gets no more.
  left,        ///< Gone, having given everything back.
  dead,        ///< Declared so; never returns.
};
std::string to_string(node_status x);
/// joining, active or draining: its heartbeats count.
bool is_member(node_status x) noexcept;

/// What a process says of itself when it joins.
struct join_request {
  std::string name;    ///< Of the node; at most one member has it.
  std::string address; ///< "host:port" of the mesh; one process can bind it.
  std::string url; ///< Where people and peers ask it: "http://10.0.0.7:7400".
  std::uint32_t protocol_min = 1; ///< Of frames between nodes.
  std::uint32_t protocol_max = 1;
  std::string app_version;
  std::uint32_t weight = 100; ///< Share of shards, relative to the others'.
  /// Of the settings that all nodes must have alike; 0 is not compared.
  std::uint64_t config_hash = 0;
  std::uint32_t shards = shard_count;
  std::string shard_hash = "mix64/1"; ///< How keys become shards.
};

enum class join_verdict : std::uint8_t {
  joined,
  wrong_shards,   ///< The database was made for another number of shards,
  wrong_hash,     ///< or for another hash,
  wrong_schema,   ///< or has another schema than this program knows.
  wrong_protocol, ///< A member speaks no version that this program speaks.
  wrong_config,   ///< A member was set up differently.
  name_taken,     ///< A member of that name beats elsewhere.
};
std::string to_string(join_verdict x);

struct join_result {
  join_verdict what = join_verdict::joined;
  incarnation self = 0;      ///< With `joined`.
  std::uint64_t version = 0; ///< Of the view.
  std::string detail;        ///< Else: what does not fit, in one sentence.
};

struct node_row {
  incarnation self = 0; ///< Grows with time: the greater, the younger.
  std::string name;
  std::string address;
  std::string url;
  node_status status = node_status::joining;
  std::uint64_t hb_seq = 0; ///< One more with each heartbeat.
  std::uint32_t protocol_min = 1;
  std::uint32_t protocol_max = 1;
  std::string app_version;
  std::uint32_t weight = 100;
  std::uint64_t config_hash = 0;
  /// By the server's clock, for people: of its status, its last heartbeat.
  timestamp since;
  timestamp beat_at;
};

/// Why somebody thinks that a node is gone.
enum class evidence : std::uint8_t {
  refused = 1, ///< Its machine says that nobody listens there. Hard.
  reset,       ///< The link was closed or reset. Hard, with `refused`.
  timeout,     ///< No answer. Never hard.
};
std::string to_string(evidence x);

struct suspicion {
  incarnation target = 0;
  incarnation reporter = 0;
  std::uint64_t hb_seq = 0; ///< Of the target, as the reporter saw it.
  evidence what = evidence::timeout;

  friend bool operator==(const suspicion&, const suspicion&) = default;
};

/// `from` cannot reach `to`.
struct cut_link {
  incarnation from = 0;
  incarnation to = 0;
  timestamp since; ///< By the server's clock.
};

/// A shard, its owner (0: nobody), and the name of the node that it has to be
/// on (empty: any).
struct placed_shard {
  shard_row at;
  std::string pin;
};

/// One snapshot of everything that decisions are made from.
struct membership_view {
  std::uint64_t version = 0; ///< Grows with each change but heartbeats.
  bool rebalance_paused = false;
  timestamp now; ///< By the server's clock.
  /// Members, and those gone that own shards still; by incarnation.
  std::vector<node_row> nodes;
  std::vector<placed_shard> shards;  ///< All, by number.
  std::vector<suspicion> suspicions; ///< Of members, by members.
  std::vector<cut_link> cuts;        ///< Between members.
};

/// How far the heartbeats of a member have come.
struct member_beat {
  incarnation self = 0;
  std::uint64_t hb_seq = 0;

  friend bool operator==(const member_beat&, const member_beat&) = default;
};

/// What a heartbeat brings back.
struct beat {
  node_status status = node_status::joining;
  std::uint64_t hb_seq = 0;
  std::uint64_t version = 0; ///< Of the view: read it when it has changed.
  timestamp now;             ///< By the server's clock.
  /// All members, by incarnation, as they were when this heartbeat was made:
  /// whoever stands still is watched without reading the view each time.
  std::vector<member_beat> members;
};

enum class transfer_outcome : std::uint8_t {
  moved,       ///< The new owner has it, at an epoch one higher.
  fenced,      ///< It was not ours at that epoch: discard what we know of it.
  target_gone, ///< Still ours; the target is not active.
};

/// Who changes something and why: "operator/7", "node/n1".
struct change_note {
  std::string by;
  std::string reason;
};

/// Something that happened to the cluster, with who, what, when and why.
struct cluster_event {
  std::uint64_t pos = 0; ///< Given by the store, in the order of commit.
  timestamp at;          ///< By the server's clock.
  std::string kind;      ///< "node.dead", "shard.moved"; names are stable.
  std::string by;
  std::string subject;       ///< "node/n1", "shard/17"
  std::string reason;        ///< May be empty.
  incarnation node = 0;      ///< Whom it concerns; 0: nobody.
  std::uint64_t version = 0; ///< Of the view since.
};

/// One connection to the membership rows. Not thread-safe: each thread opens
/// its own. All calls block. Every change is one statement that commits by
/// itself: nobody waits for a client in the middle of one.
///
/// @throws unavailable_error: nothing happened; unknown_outcome_error: it may
/// have happened, read before doing anything else. After either, open a new
/// connection. A change that finds something else than its caller saw changes
/// nothing and says so.
class membership {
public:
  virtual ~membership() = default;

  // -- being a member
  // -----------------------------------------------------------

  /// A new incarnation, joining. Earlier ones of the same address are dead from
  /// now on; so is one of the same name that has not beaten for 10 s by the
  /// server's clock.
  virtual join_result join(const join_request& me) = 0;
  /// joining -> active.
  virtual bool activate(incarnation self) = 0;
  /// @returns nothing when `self` is no member: this process must end.
  virtual std::optional<beat> heartbeat(incarnation self) = 0;
  virtual membership_view read_view() = 0;

  // -- judging others
  // -----------------------------------------------------------

  /// Replaces what this reporter said of this target.
  /// @returns how many members report refused or reset for it at this `hb_seq`,
  ///          this one included.
  virtual std::size_t suspect(const suspicion& x) = 0;
  /// Takes back what `reporter` said of `target`.
  virtual void trust(incarnation target, incarnation reporter) = 0;
  /// Replaces the list of members that `self` cannot reach. Who was in it
  /// before keeps his `since`.
  virtual void report_links(incarnation self,
                            const std::vector<incarnation>& unreachable) = 0;
  /// Where two active nodes have been cut from each other for `after` (one
  /// report is enough), the one of all such with the fewest live links drains;
  /// of equals the younger. One node a call.
  /// @returns it; nothing when there is no such cut.
  virtual std::optional<incarnation>
  resolve_link_partition(incarnation self, milliseconds after) = 0;
  /// member -> dead, if its `hb_seq` is still the one that was seen and `by` is
  /// active or draining itself.
  virtual bool declare_dead(incarnation target, std::uint64_t hb_seq,
                            const change_note& why, incarnation by) = 0;
  /// Ends the server processes of an incarnation that is dead, which may hold
  /// locks. @returns how many.
  virtual std::size_t terminate_backends(incarnation dead) = 0;

  // -- shards
  // -------------------------------------------------------------------

  /// Takes those of `seen` whose owner and epoch are still these, and whose
  /// owner is nobody or no member; `self` must be active.
  /// @returns those taken, with their new epochs, by number.
  virtual std::vector<shard_row>
  claim_shards(incarnation self, const std::vector<shard_row>& seen) = 0;
  /// Gives one of ours away: the point from which on it is the target's.
  virtual transfer_outcome transfer_shard(const shard_row& ours,
                                          incarnation to) = 0;
  /// Gives those of `ours` that are still ours back to nobody, epoch + 1.
  /// @returns how many.
  virtual std::size_t release_shards(const std::vector<shard_row>& ours) = 0;

  // -- operations
  // ---------------------------------------------------------------

  /// Allowed: member -> dead; active <-> draining; draining -> left;
  /// joining -> left. @returns whether it was `from` and is `to` now.
  virtual bool set_status(incarnation who, node_status from, node_status to,
                          const change_note& why) = 0;
  /// An empty name unpins. @returns `false` when it was so already.
  virtual bool pin(shard_id shard, const std::string& node,
                   const change_note& why) = 0;
  /// Stops or allows moves that nobody has ordered.
  /// @returns `false` when it was so already.
  virtual bool pause_rebalance(bool paused, const change_note& why) = 0;

  // -- events
  // -------------------------------------------------------------------

  /// Adds one that no change above adds by itself. `pos`, `at` and `version`
  /// are ignored. @returns its `pos`.
  virtual std::uint64_t record(const cluster_event& x) = 0;
  /// Those after `after`, in order; who polls by the last `pos` misses none.
  virtual std::vector<cluster_event> events_after(std::uint64_t after,
                                                  std::size_t limit) = 0;
  /// The last `count`, in order.
  virtual std::vector<cluster_event> last_events(std::size_t count) = 0;
};

/// Opens a connection; callable from any thread. @throws unavailable_error.
using membership_source = std::function<std::unique_ptr<membership>()>;

} // namespace hansom::store
