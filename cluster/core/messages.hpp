#pragma once

#include "cluster/core/times.hpp"
#include "persistence/membership.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What goes into the decisions and what comes out of them.
namespace hansom::core {

using store::incarnation;

// -- between nodes ------------------------------------------------------------

enum class control_kind : std::uint8_t {
  // Who is there. `number` comes back in the answer.
  echo = 1,
  echo_reply,
  ask_health, ///< Is your session with the store healthy?
  health,     ///< `yes`, and `nodes`: whom else its sender knows.
  // The move of one shard from S to T; `epoch` is the one that S holds.
  prepare,    ///< S: get ready.
  ready,      ///< T.
  decline,    ///< T: not now.
  abandon,    ///< S: it stays here.
  have_state, ///< T: all that S has shipped is here.
  own,        ///< S: it is yours, at `epoch` + 1.
  end,        ///< S: that were all commands of mine, `number` of them.
  confirm,    ///< T: all of them are here.
  // To anybody: `node` owns the shard, at `epoch`.
  moved,
  wrong_owner,
  state, ///< S: all of the shard's ephemeral state; no decision looks at it.
  look,  ///< The members have changed: no need to wait for a heartbeat.
};
std::string to_string(control_kind x);

/// The one message between members. Any may be lost, doubled or late: whoever
/// reads it holds `epoch` against his own.
struct control {
  control_kind kind = control_kind::echo;
  shard_id shard = 0;
  store::epoch epoch = 0;
  incarnation node = 0;
  std::uint64_t number = 0;
  bool yes = false;
  std::vector<incarnation> nodes;
};

// -- inputs -------------------------------------------------------------------

/// Time goes by. At least every fifth of `times::wake`.
struct tick {};

/// Every `beat_now` is answered by one of these, within `times::self` / 2.
struct beat_done {
  moment sent{0}; ///< Before the statement went out.
  bool answered = false;
  std::optional<store::beat> what; ///< Answered without: no member any more.
};
/// Every `read_view` is answered; without a view when the store does not.
struct view_read {
  std::optional<store::membership_view> what;
};
/// The scheduler has run the ping that was posted at `sent`.
struct scheduler_ran {
  moment sent{0};
};
/// The mesh's word on a link; `reset`: closed by the other side or its kernel.
struct link_changed {
  incarnation peer = 0;
  bool up = false;
  bool reset = false;
};
/// What came of a fresh connect to a peer's port; none: it was accepted.
struct probed {
  incarnation peer = 0;
  std::optional<store::evidence> failure;
};
struct received {
  incarnation from = 0;
  control what;
};
struct activated {
  bool ok = false;
};
/// Every change that was asked of the store is answered. `unknown`: it may have
/// happened.
enum class change_result : std::uint8_t { done, refused, unknown };
struct claimed {
  change_result what = change_result::done;
  std::vector<store::shard_row> won;
};
struct transferred {
  shard_id shard = 0;
  store::epoch epoch = 0; ///< That we held.
  change_result what = change_result::done;
  bool target_gone = false; ///< With `refused`: it is still ours.
};
struct released {
  shard_id shard = 0;
  store::epoch epoch = 0;
  change_result what = change_result::done;
};
struct declared {
  incarnation target = 0;
  change_result what = change_result::done;
};
/// `count` members report hard evidence on `target` at this heartbeat.
struct suspected {
  incarnation target = 0;
  std::uint64_t hb_seq = 0;
  std::size_t count = 0;
};
/// All active entities of the shard and its due timers are in memory.
struct loaded {
  shard_id shard = 0;
  store::epoch epoch = 0;
  bool ok = true;
};
/// Running turns have ended, what they wrote is durable and answered.
struct sealed {
  shard_id shard = 0;
  store::epoch epoch = 0;
};
/// What can be read of the shard beforehand has been read.
struct preloaded {
  shard_id shard = 0;
  store::epoch epoch = 0;
};
/// The other node's ephemeral state has arrived completely.
struct state_arrived {
  shard_id shard = 0;
  store::epoch epoch = 0;
};
/// The held commands went out, `count` of them, numbered from 0.
struct queue_sent {
  shard_id shard = 0;
  std::uint64_t count = 0;
};
/// Client sessions on this node, while it drains.
struct sessions_left {
  std::uint64_t count = 0;
};

using input =
  std::variant<tick, beat_done, view_read, scheduler_ran, link_changed, probed,
               received, activated, claimed, transferred, released, declared,
               suspected, loaded, sealed, preloaded, state_arrived, queue_sent,
               sessions_left>;

// -- effects ------------------------------------------------------------------

struct beat_now {};
struct read_view {};
struct ping_scheduler {};
struct probe {
  incarnation peer = 0;
};
struct send {
  incarnation to = 0;
  control what;
};
struct activate {};
struct suspect {
  store::suspicion what;
};
struct trust {
  incarnation target = 0;
};
struct report_links {
  std::vector<incarnation> unreachable;
};
struct resolve_cut {};
struct declare_dead {
  incarnation target = 0;
  std::uint64_t hb_seq = 0;
  std::string reason;
};
struct claim {
  std::vector<store::shard_row> seen;
};
struct transfer {
  store::shard_row ours;
  incarnation to = 0;
};
struct release {
  store::shard_row ours;
};
struct leave {}; ///< draining -> left.
/// Nothing leaves this node until `resume`: neither offers nor positions nor
/// answers. Durable commands wait.
struct suspend {
  std::string reason;
};
struct resume {};
/// The process ends. 0: it has left.
struct terminate {
  int code = 0;
  std::string reason;
};
struct load {
  store::shard_row what;
  /// Another node passes on what waited there; that goes first, until `serve`.
  bool receive = false;
};
/// Entities of the shard may write under this epoch.
struct open {
  store::shard_row what;
};
/// All mail may go to them, not only what the old owner passes on.
struct serve {
  store::shard_row what;
};
/// They may not any more; what they were doing is discarded.
struct close {
  shard_id shard = 0;
  std::string reason;
  /// To this node, which is told next and gets what waits here; 0: to nobody.
  incarnation moved_to = 0;
};
/// New commands wait, running ones end; answered by `sealed`.
struct seal {
  store::shard_row what;
};
struct unseal {
  store::shard_row what;
};
struct preload {
  store::shard_row what;
};
struct ship_state {
  store::shard_row what;
  incarnation to = 0;
};
/// Sends all held commands, in order, and keeps them; answered by `queue_sent`.
/// Asked again, it sends the same ones again.
struct send_queue {
  shard_id shard = 0;
  incarnation to = 0;
};
/// The target has all of them.
struct forget_queue {
  shard_id shard = 0;
};
/// The way of the shard's commands has changed: what is held goes the new one,
/// also what `send_queue` kept.
struct reroute {
  shard_id shard = 0;
};
/// For the log.
struct note {
  std::string text;
};

using effect =
  std::variant<beat_now, read_view, ping_scheduler, probe, send, activate,
               suspect, trust, report_links, resolve_cut, declare_dead, claim,
               transfer, release, leave, suspend, resume, terminate, load, open,
               serve, close, seal, unseal, preload, ship_state, send_queue,
               forget_queue, reroute, note>;
using effects = std::vector<effect>;

} // namespace hansom::core
