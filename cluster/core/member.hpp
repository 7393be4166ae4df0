#pragma once

#include "cluster/core/death_watch.hpp"
#include "cluster/core/lease.hpp"
#include "cluster/core/link_watch.hpp"
#include "cluster/core/shard_keeper.hpp"

#include <set>

namespace hansom::core {

/// One node's part in the cluster: joining, heartbeats, suspending itself,
/// judging others, taking shards over and handing them on. `step` turns an
/// input into effects; whoever calls it carries them out and reports what came
/// of them. A value: no thread, no clock, no I/O.
class member {
public:
  struct setup {
    incarnation self = 0;
    times with;
    std::size_t shards = shard_count;
    /// A whole cluster starts when so many are there, or nobody more comes.
    std::size_t expected_nodes = 1;
  };

  member(const setup& with, moment now);

  effects step(moment now, const input& x);

  /// May offers, positions and answers leave this node now? To be asked for
  /// each: time alone can end it.
  [[nodiscard]] bool may_show(moment now) const;

  [[nodiscard]] route where(shard_id shard, bool forwarded = false) const;
  /// A command that the shard's old owner has passed on arrives.
  forwarded_verdict take_forwarded(moment now, shard_id shard,
                                   store::epoch epoch, std::uint64_t index,
                                   effects& out);
  /// A third node that both may reach; 0: none.
  [[nodiscard]] incarnation relay_to(incarnation peer) const;

  [[nodiscard]] incarnation self() const noexcept {
    return setup_.self;
  }
  [[nodiscard]] node_status status() const noexcept {
    return status_;
  }
  [[nodiscard]] bool suspended() const noexcept {
    return suspended_;
  }
  [[nodiscard]] bool ended() const noexcept {
    return ended_;
  }
  /// The store is gone for all; durable commands wait and are then refused.
  [[nodiscard]] bool in_outage(moment now) const {
    return lease_.in_outage(now);
  }
  [[nodiscard]] const membership_view& view() const noexcept {
    return view_;
  }
  [[nodiscard]] const shard_keeper& shards() const noexcept {
    return shards_;
  }
  [[nodiscard]] const link_watch& links() const noexcept {
    return links_;
  }

private:
  void touch(moment now);
  void on(const tick&, effects& out);
  void on(const beat_done& x, effects& out);
  void on(const view_read& x, effects& out);
  void on(const scheduler_ran& x, effects& out);
  void on(const link_changed& x, effects& out);
  void on(const probed& x, effects& out);
  void on(const received& x, effects& out);
  void on(const activated& x, effects& out);
  void on(const declared& x, effects& out);
  void on(const claimed& x, effects& out);
  void on(const suspected& x, effects& out);
  void on(const sessions_left& x, effects& out);
  template <class Answer>
  void on(const Answer& x, effects& out) {
    shards_.on(x, around(), out);
  }

  [[nodiscard]] surroundings around() const;
  [[nodiscard]] std::vector<incarnation> peers() const;
  [[nodiscard]] bool whole_cluster_waits() const;
  [[nodiscard]] bool knows_no_takeover() const;
  void adopt(membership_view x, effects& out);
  void end(int code, std::string reason, effects& out);

  void spread(effects& out) const;
  void keep_beating(effects& out);
  void keep_lease(effects& out);
  void keep_view(effects& out);
  void keep_joining(effects& out);
  void keep_judging(effects& out);
  void keep_leaving(effects& out);

  setup setup_;
  moment now_;
  membership_view view_;
  node_status status_ = node_status::joining;
  bool ended_ = false;

  lease lease_;
  death_watch watch_;
  link_watch links_;
  shard_keeper shards_;

  bool suspended_ = true; ///< Until the first heartbeat and view.
  bool has_view_ = false;
  bool resume_after_view_ = false;
  bool wants_view_ = true;
  bool view_in_flight_ = false;
  bool wanted_meanwhile_ = false;
  moment next_view_{0};
  moment stable_since_;

  bool beat_in_flight_ = false;
  moment next_beat_{0};
  moment next_ping_{0};
  moment pinged_;
  moment next_ask_{0};

  bool activating_ = false;
  moment next_echo_{0};
  std::set<incarnation> echoed_;

  struct declaring {
    bool in_flight = true;
    moment since{0};
  };
  std::map<incarnation, declaring> declaring_;

  moment drain_since_{0};
  moment next_leave_{0};
  bool leaving_ = false;
  std::uint64_t sessions_ = 0;
};

} // namespace hansom::core
