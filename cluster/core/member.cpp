#include "cluster/core/member.hpp"

#include <algorithm>

namespace hansom::core {

namespace {

/// Exit codes, as an operator's supervisor sees them.
constexpr int code_left = 0;
constexpr int code_declared_dead = 4;

} // namespace

member::member(const setup& with, moment now)
  : setup_{with}, now_{now}, lease_{with.with}, watch_{with.with},
    links_{with.self, with.with}, shards_{with.self, with.with, with.shards},
    stable_since_{now}, pinged_{now} {
}

effects member::step(moment now, const input& x) {
  effects out;
  if (ended_)
    return out;
  touch(now);
  std::visit([&](auto& each) { on(each, out); }, x);
  if (!ended_)
    keep_lease(out);
  return out;
}

void member::touch(moment now) {
  // A process that was stopped, or a machine that slept: what we believe is
  // old, whatever our timers say.
  if (now - now_ > setup_.with.wake)
    lease_.woken(now);
  now_ = std::max(now_, now);
}

void member::on(const tick&, effects& out) {
  keep_beating(out);
  keep_lease(out);
  keep_view(out);
  keep_joining(out);
  keep_judging(out);
  links_.advance(now_, watch_, out);
  shards_.advance(around(), out);
  keep_leaving(out);
}

// -- who we are ---------------------------------------------------------------

std::vector<incarnation> member::peers() const {
  std::vector<incarnation> result;
  for (auto& x : view_.nodes)
    if (beats(x.status) && x.self != setup_.self)
      result.push_back(x.self);
  return result;
}

surroundings member::around() const {
  auto& t = setup_.with;
  surroundings x;
  x.now = now_;
  x.view = &view_;
  auto awake = !suspended_ && !lease_.broken();
  x.draining = awake && status_ == node_status::draining;
  x.may_receive = awake && status_ == node_status::active;
  x.may_claim = x.may_receive && !whole_cluster_waits();
  x.may_move = x.may_receive && !view_.rebalance_paused
               && now_ - stable_since_ >= t.stable;
  x.give_up = x.draining && now_ - drain_since_ >= t.drain;
  x.reaches = [this](incarnation peer) { return links_.is_up(peer); };
  return x;
}

/// Started together, nodes would claim everything and then move it.
bool member::whole_cluster_waits() const {
  for (auto& x : view_.shards)
    if (is_owner(view_, x.at.owner))
      return false;
  auto active =
    std::ranges::count(view_.nodes, node_status::active, &node_row::status);
  return static_cast<std::size_t>(active) < setup_.expected_nodes
         && now_ - stable_since_ < setup_.with.quiet;
}

void member::end(int code, std::string reason, effects& out) {
  ended_ = true;
  if (!suspended_)
    out.push_back(suspend{reason});
  suspended_ = true;
  out.push_back(terminate{code, std::move(reason)});
}

// -- heartbeats ---------------------------------------------------------------

void member::keep_beating(effects& out) {
  if (now_ >= next_ping_) {
    next_ping_ = now_ + setup_.with.heartbeat;
    out.push_back(ping_scheduler{});
  }
  // A wedged scheduler must look dead.
  if (beat_in_flight_ || now_ < next_beat_
      || now_ - pinged_ >= setup_.with.self)
    return;
  beat_in_flight_ = true;
  next_beat_ = now_ + setup_.with.heartbeat;
  out.push_back(beat_now{});
}

void member::on(const scheduler_ran& x, effects&) {
  pinged_ = std::max(pinged_, x.sent);
}

void member::on(const beat_done& x, effects& out) {
  beat_in_flight_ = false;
  if (!x.answered) {
    lease_.missed();
    watch_.missed();
    next_beat_ = std::min(next_beat_, now_ + setup_.with.retry);
    return;
  }
  if (!x.what || !beats(x.what->status)) {
    if (leaving_)
      return end(code_left, "left", out);
    return end(code_declared_dead, "declared dead by others", out);
  }
  lease_.beaten(x.sent);
  watch_.beaten(now_, x.what->members);
  if (status_ != x.what->status && x.what->status == node_status::draining)
    drain_since_ = now_;
  status_ = x.what->status;
  if (x.what->version > view_.version || !has_view_)
    wants_view_ = true;
  keep_view(out);
  keep_judging(out);
}

// -- may we show ourselves? ---------------------------------------------------

bool member::may_show(moment now) const {
  return !suspended_ && !ended_ && now - now_ <= setup_.with.wake
         && lease_.holds(now);
}

void member::keep_lease(effects& out) {
  auto holds = lease_.holds(now_);
  if (!holds && !suspended_) {
    suspended_ = true;
    out.push_back(suspend{"no heartbeat got through in time"});
    shards_.hold_still(around(), out);
  }
  if (holds && suspended_ && !resume_after_view_) {
    resume_after_view_ = true;
    wants_view_ = true;
    wanted_meanwhile_ = view_in_flight_;
  }
  if (!holds)
    resume_after_view_ = false;
  if (now_ < next_ask_)
    return;
  next_ask_ = now_ + setup_.with.retry;
  for (auto peer : lease_.to_ask()) {
    control ask;
    ask.kind = control_kind::ask_health;
    ask.number = static_cast<std::uint64_t>(now_.count());
    out.push_back(send{peer, ask});
  }
}

/// We have not declared anybody dead and cannot before our session is healthy
/// again and has watched anew.
bool member::knows_no_takeover() const {
  return lease_.broken() && declaring_.empty();
}

// -- the view -----------------------------------------------------------------

void member::keep_view(effects& out) {
  if (!(wants_view_ || shards_.needs_view()) || view_in_flight_
      || now_ < next_view_)
    return;
  view_in_flight_ = true;
  wants_view_ = false;
  wanted_meanwhile_ = false;
  out.push_back(read_view{});
}

void member::on(const view_read& x, effects& out) {
  view_in_flight_ = false;
  if (!x.what) {
    wants_view_ = true;
    next_view_ = now_ + setup_.with.retry;
    return;
  }
  auto fresh = !wanted_meanwhile_;
  wants_view_ = wants_view_ || wanted_meanwhile_;
  if (x.what->version >= view_.version)
    adopt(*x.what, out);
  if (ended_)
    return;
  // What was missed while suspended is known before anything is shown again.
  if (suspended_ && resume_after_view_ && fresh && lease_.holds(now_)) {
    suspended_ = false;
    resume_after_view_ = false;
    out.push_back(resume{});
  }
  shards_.advance(around(), out);
}

void member::adopt(membership_view x, effects& out) {
  auto members = [](const membership_view& v) {
    std::vector<std::pair<incarnation, node_status>> result;
    for (auto& row : v.nodes)
      if (is_owner(row.status))
        result.emplace_back(row.self, row.status);
    return result;
  };
  if (members(x) != members(view_))
    stable_since_ = now_;
  view_ = std::move(x);
  has_view_ = true;
  lease_.set_peers(peers());
  links_.set_peers(peers(), now_);
  std::erase_if(declaring_, [&](auto& each) {
    auto* row = find_node(view_, each.first);
    return !row || !beats(row->status);
  });
  shards_.learn(around(), out);
}

// -- joining ------------------------------------------------------------------

void member::keep_joining(effects& out) {
  if (status_ != node_status::joining || !has_view_ || !watch_.healthy())
    return;
  std::size_t wanted = 0;
  std::size_t reached = 0;
  for (auto& x : view_.nodes) {
    // Those of a cluster that died as a whole do not answer, nor beat.
    if (!is_owner(x.status) || watch_.is_silent(x.self, now_, setup_.with.dead))
      continue;
    ++wanted;
    if (echoed_.contains(x.self)) {
      ++reached;
      continue;
    }
    if (now_ >= next_echo_) {
      control ask;
      ask.kind = control_kind::echo;
      out.push_back(send{x.self, ask});
    }
  }
  if (now_ >= next_echo_)
    next_echo_ = now_ + setup_.with.retry;
  if (reached * 2 < wanted + (wanted > 0 ? 1 : 0) || activating_)
    return;
  activating_ = true;
  out.push_back(activate{});
}

void member::on(const activated& x, effects& out) {
  activating_ = false;
  wants_view_ = true;
  if (!x.ok)
    return;
  next_beat_ = now_; // Brings our status.
  spread(out);
}

// -- others -------------------------------------------------------------------

void member::keep_judging(effects& out) {
  if (suspended_ || !is_owner(status_))
    return;
  std::erase_if(declaring_, [&](auto& x) {
    return !x.second.in_flight && now_ - x.second.since >= 2 * setup_.with.dead;
  });
  std::size_t owners = 0;
  for (auto& x : view_.nodes)
    owners += is_owner(x.status) ? 1 : 0;
  for (auto& x : watch_.judge(now_, setup_.self, owners))
    if (declaring_.try_emplace(x.target, declaring{true, now_}).second)
      out.push_back(declare_dead{x.target, x.hb_seq, x.reason});
}

/// Only shortens the wait: who does not hear it sees it with his next
/// heartbeat.
void member::spread(effects& out) const {
  control word;
  word.kind = control_kind::look;
  for (auto peer : peers())
    out.push_back(send{peer, word});
}

void member::on(const declared& x, effects& out) {
  wants_view_ = true;
  keep_view(out);
  if (x.what == change_result::done)
    spread(out);
  auto found = declaring_.find(x.target);
  if (found == declaring_.end())
    return;
  // One that may have happened may also still happen.
  if (x.what == change_result::unknown)
    found->second = {false, now_};
  else
    declaring_.erase(found);
}

void member::on(const claimed& x, effects& out) {
  shards_.on(x, around(), out);
  // Their gateways have to tell the new owner's entities who and where their
  // clients are.
  if (!x.won.empty())
    spread(out);
}

void member::on(const link_changed& x, effects& out) {
  links_.on(x, now_, watch_, out);
}

void member::on(const probed& x, effects& out) {
  links_.on(x, watch_, out);
}

void member::on(const suspected& x, effects& out) {
  if (watch_.beat_of(x.target) == x.hb_seq)
    watch_.set_reporters(x.target, x.count);
  keep_judging(out);
}

incarnation member::relay_to(incarnation peer) const {
  for (auto& x : view_.nodes)
    if (is_owner(x.status) && x.self != peer && links_.is_up(x.self)
        && std::ranges::none_of(view_.cuts, [&](auto& cut) {
             return (cut.from == x.self && cut.to == peer)
                    || (cut.from == peer && cut.to == x.self);
           }))
      return x.self;
  return 0;
}

void member::on(const received& x, effects& out) {
  control answer;
  answer.number = x.what.number;
  switch (x.what.kind) {
  case control_kind::echo:
    answer.kind = control_kind::echo_reply;
    out.push_back(send{x.from, answer});
    return;
  case control_kind::echo_reply:
    echoed_.insert(x.from);
    return;
  case control_kind::ask_health:
    answer.kind = control_kind::health;
    answer.yes = !knows_no_takeover();
    answer.nodes = peers();
    out.push_back(send{x.from, std::move(answer)});
    return;
  case control_kind::look:
    wants_view_ = true;
    wanted_meanwhile_ = view_in_flight_;
    keep_view(out);
    return;
  case control_kind::health:
    lease_.told(x.from, moment{static_cast<std::int64_t>(x.what.number)},
                x.what.yes, x.what.nodes, setup_.self);
    return;
  default:
    shards_.on(x, around(), out);
  }
}

// -- leaving ------------------------------------------------------------------

void member::on(const sessions_left& x, effects&) {
  sessions_ = x.count;
}

void member::keep_leaving(effects& out) {
  if (status_ != node_status::draining || suspended_)
    return;
  auto late = now_ - drain_since_ >= setup_.with.drain;
  if (shards_.owned() > 0 || now_ < next_leave_
      || (!late && (shards_.unfinished() > 0 || sessions_ > 0)))
    return;
  leaving_ = true;
  next_leave_ = now_ + setup_.with.retry;
  out.push_back(leave{});
}

// -- commands -----------------------------------------------------------------

route member::where(shard_id shard, bool forwarded) const {
  auto x = shards_.where(shard, forwarded, view_);
  if (x.what == route::way::local && suspended_)
    x.what = route::way::held;
  return x;
}

forwarded_verdict member::take_forwarded(moment now, shard_id shard,
                                         store::epoch epoch,
                                         std::uint64_t index, effects& out) {
  touch(now);
  if (ended_)
    return forwarded_verdict::misplaced;
  return shards_.take_forwarded(shard, epoch, index, around(), out);
}

} // namespace hansom::core
