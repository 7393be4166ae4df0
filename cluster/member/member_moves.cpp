/// What the thread that moves shards does.

#include "cluster/member/member_host.hpp"

#include <spdlog/spdlog.h>

#include <thread>

namespace hansom {

namespace {

/// How often a sealed shard is looked at, until it is quiet.
constexpr milliseconds quiet_poll{1};

std::uint64_t micros(std::chrono::nanoseconds x) {
  return static_cast<std::uint64_t>(x.count() / 1000);
}

} // namespace

/// What can be done before a shard's clients wait: a connection that has been
/// used.
void member_host::preload(const store::shard_row& what) {
  try {
    reads();
  } catch (const std::exception&) {
    reads_.reset(); // `open_shard` will say so.
  }
  tell(core::preloaded{what.shard, what.now});
}

store::connection& member_host::reads() {
  if (!reads_) {
    reads_ = with_.store->open();
    reads_->for_each_active(0, [](const store::stored_entity&) {});
  }
  return *reads_;
}

void member_host::open_shard(const core::load& x) {
  auto ok = true;
  auto began = std::chrono::steady_clock::now();
  try {
    auto n =
      with_.actors->open_shard(x.what.shard, x.what.now, reads(), x.receive);
    spdlog::debug("cluster: shard {} opened at epoch {}, {} entities",
                  x.what.shard, x.what.now, n);
  } catch (const std::exception& e) {
    reads_.reset();
    ok = false;
    spdlog::warn("cluster: shard {} cannot be read: {}", x.what.shard,
                 e.what());
  }
  if (ok) {
    // What came between the map's word and the open doors.
    with_.router->try_again(x.what.shard);
    if (with_.on_opened)
      with_.on_opened(x.what.shard);
  }
  if (ok)
    moves_.open_us.add(micros(std::chrono::steady_clock::now() - began));
  if (ok && x.receive)
    ++moves_.in;
  tell(core::loaded{x.what.shard, x.what.now, ok});
}

/// One task for all shards that have been sealed: each look takes the locks
/// under which mail is delivered.
void member_host::poll_quiet() {
  std::erase_if(sealed_, [this](shard_id shard) {
    if (sealing_[shard] == 0)
      return true; // Unsealed, or gone.
    if (!with_.actors->is_quiet(shard))
      return false;
    tell(core::sealed{shard, sealing_[shard]});
    return true;
  });
  if (sealed_.empty())
    return;
  if (moving_.waiting() == 0)
    std::this_thread::sleep_for(quiet_poll);
  moving_.post([this] { poll_quiet(); });
}

/// The shard is the other node's, which has just been told: what waits here
/// goes to it ahead of everything else, then the word that this was all.
void member_host::hand_over(shard_id shard, store::epoch epoch) {
  sealing_[shard] = 0;
  if (with_.actors->close_shard(shard, epoch)) {
    ++moves_.out;
    moves_.sealed_us.add(
      micros(std::chrono::steady_clock::now() - sealed_at_[shard]));
  }
  with_.router->hand_over(shard, false);
  tell(core::queue_sent{shard, 0});
}

} // namespace hansom
