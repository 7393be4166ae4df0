#include "cluster/member/member_host.hpp"

#include "cluster/heartbeat/boot_clock.hpp"
#include "cluster/member/control_text.hpp"

#include <spdlog/spdlog.h>

#include <charconv>

namespace hansom {

namespace {

/// Beyond so many inputs time does not add more of itself.
constexpr std::size_t ticks_wait_behind = 64;

std::optional<peer_address> to_address(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return {};
  peer_address x;
  x.host = text.substr(0, colon);
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data() + colon + 1, end, x.port);
  if (error != std::errc{} || rest != end || x.port == 0)
    return {};
  return x;
}

} // namespace

member_host::~member_host() {
  stop();
}

void member_host::start(parts with) {
  with_ = std::move(with);
  self_ = with_.setup.self;
  brain_ = std::make_unique<core::member>(with_.setup, boot_now());
  running_ = true;
  asking_.start();
  moving_.start();
  deciding_ = std::thread{[this] { decide(); }};
  heart::parts beats;
  beats.open = with_.heartbeats;
  beats.emit = [this](core::moment, core::input x) { tell(std::move(x)); };
  beats.scheduler = door_of(with_.actors->system());
  beats.tick_every = with_.setup.with.wake / 5;
  heart_ = std::make_unique<heart>(std::move(beats));
  heart_->start();
}

void member_host::stop() {
  if (!running_.exchange(false))
    return;
  heart_->stop();
  changed_.notify_all();
  deciding_.join();
  asking_.stop();
  moving_.stop();
}

bool member_host::leave(milliseconds limit, const std::string& reason) {
  leaving_ = true;
  say_leaving({"node/" + with_.name, reason});
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, limit, [this] { return has_left(); });
}

bool member_host::await_active(milliseconds limit) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, limit, [this] {
    return report_.status == store::node_status::active && !report_.suspended;
  });
}

member_host::report member_host::now() const {
  std::lock_guard guard{mutex_};
  return report_;
}

// -- the thread that decides --------------------------------------------------

void member_host::tell(core::input x) {
  {
    std::lock_guard guard{mutex_};
    if (std::holds_alternative<core::tick>(x)
        && inputs_.size() > ticks_wait_behind)
      return;
    inputs_.push_back(std::move(x));
  }
  changed_.notify_all();
}

void member_host::decide() {
  std::unique_lock lock{mutex_};
  while (running_) {
    changed_.wait(lock, [this] { return !inputs_.empty() || !running_; });
    if (!running_)
      return;
    auto x = std::move(inputs_.front());
    inputs_.pop_front();
    lock.unlock();
    if (std::holds_alternative<core::tick>(x)
        && brain_->status() == store::node_status::draining)
      carry_out(
        brain_->step(boot_now(), core::sessions_left{with_.sessions()}));
    carry_out(brain_->step(boot_now(), x));
    if (auto* line = std::get_if<core::link_changed>(&x))
      broken_.changed(line->peer, boot_now());
    after_step();
    lock.lock();
    report_.status = brain_->status();
    report_.suspended = brain_->suspended();
    report_.in_outage = brain_->in_outage(boot_now());
    report_.owned = brain_->shards().owned();
    changed_.notify_all();
  }
}

/// What others of this process have to know of the new state.
void member_host::after_step() {
  auto& view = brain_->view();
  if (view.version != seen_version_) {
    seen_version_ = view.version;
    std::vector<shard_map::peer> peers;
    for (auto& x : view.nodes)
      if (auto where = to_address(x.address);
          where && x.self != self_ && core::beats(x.status))
        peers.push_back({x.self, *where});
    with_.map->set_peers(std::move(peers));
    look_again_ = true;
  }
  if (std::exchange(look_again_, false))
    with_.router->look_again();
  tell_moves();
  tell_unheard();
  tell_drain();
}

void member_host::tell_drain() {
  auto status = brain_->status();
  if (status == store::node_status::draining && !drain_told_) {
    drain_told_ = true;
    spdlog::info("cluster: this node drains");
    with_.on_draining();
  } else if (status == store::node_status::active && drain_told_) {
    drain_told_ = false;
    spdlog::info("cluster: this node stays after all");
    with_.on_undrained();
  }
}

/// Entities that move leave their clients' sessions behind.
void member_host::tell_moves() {
  shard_set moved;
  for (shard_id s = 0; s < shard_count; ++s) {
    auto owner = with_.map->owner_of(s);
    if (owner.who == 0 || owner.epoch == seen_epochs_[s])
      continue;
    seen_epochs_[s] = owner.epoch;
    moved.set(s);
  }
  if (moved.any() && with_.reattach)
    with_.reattach(moved);
}

void member_host::tell_unheard() {
  shard_set unheard;
  for (auto peer : broken_.due(boot_now(), with_.setup.with.dead))
    unheard |= shards_heard_over(
      peer, self_, [this](shard_id s) { return with_.map->owner_of(s).who; },
      [this](store::incarnation who) { return with_.links->is_up(who); });
  if (unheard.any() && with_.reattach)
    with_.reattach(unheard);
}

void member_host::learn(shard_id shard) {
  auto& row = brain_->shards().known(shard);
  with_.map->learn(shard, {row.owner, row.now});
  look_again_ = true;
}

// -- what the mesh says -------------------------------------------------------

void member_host::link_up(store::incarnation peer) {
  tell(core::link_changed{peer, true, false});
}

void member_host::link_down(store::incarnation peer, link_evidence why) {
  if (why == link_evidence::refused)
    tell(core::probed{peer, store::evidence::refused});
  else
    tell(core::link_changed{peer, false, why == link_evidence::reset});
}

void member_host::not_reached(store::incarnation peer, link_evidence why) {
  if (why == link_evidence::refused)
    tell(core::probed{peer, store::evidence::refused});
}

void member_host::control(store::incarnation from, std::string body) {
  // The other side's ephemeral state comes first; there is none so far: where
  // drivers are, their next positions tell.
  auto x = to_control(body);
  if (!x) {
    spdlog::warn("cluster: {} sends a control message that is none", from);
    return;
  }
  // What it passes on follows on the same link: it must find the shard ours.
  if (x->kind == core::control_kind::own)
    with_.map->learn(x->shard, {self_, x->epoch + 1});
  if (x->kind == core::control_kind::state)
    return tell(core::state_arrived{x->shard, x->epoch});
  tell(core::received{from, std::move(*x)});
}

void member_host::owner_heard(shard_id shard, store::incarnation owner,
                              store::epoch epoch) {
  core::control x;
  x.kind = core::control_kind::moved;
  x.shard = shard;
  x.node = owner;
  x.epoch = epoch;
  tell(core::received{0, x});
}

void member_host::fenced(shard_id shard, store::epoch under) {
  spdlog::warn("cluster: shard {} has another owner since epoch {}", shard,
               under);
  core::control x;
  x.kind = core::control_kind::look;
  tell(core::received{0, x});
}

} // namespace hansom
