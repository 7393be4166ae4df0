#include "cluster/mesh/mesh_core.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>
#include <spdlog/spdlog.h>

namespace hansom {

mesh_core::mesh_core(caf::actor_system& sys, mesh::parts parts)
  : system{sys}, with{std::move(parts)} {
  budget.max = with.config.waiting_max;
}

mesh_core::peer_ptr mesh_core::find(store::incarnation who) const {
  std::lock_guard guard{mutex_};
  auto found = peers_.find(who);
  return found == peers_.end() ? nullptr : found->second;
}

mesh_core::peer_ptr mesh_core::find_or_make(store::incarnation who) {
  std::lock_guard guard{mutex_};
  if (auto found = peers_.find(who); found != peers_.end())
    return found->second;
  if (stopping_ || who == with.self || who == 0 || gone_.contains(who)
      || peers_.size() >= peers_max)
    return nullptr;
  auto fresh = std::make_shared<peer_link>(who, with.config, budget);
  ++alive_;
  fresh->worker = spawn_mesh_link(*this, fresh);
  peers_.emplace(who, fresh);
  return fresh;
}

void mesh_core::end(store::incarnation who) {
  peer_ptr last;
  {
    std::lock_guard guard{mutex_};
    gone_.insert(who);
    // Incarnations grow: those of long ago do not come back.
    while (gone_.size() > peers_max)
      gone_.erase(gone_.begin());
    auto found = peers_.find(who);
    if (found == peers_.end())
      return;
    last = std::move(found->second);
    peers_.erase(found);
  }
  caf::anon_send_exit(last->worker, caf::exit_reason::user_shutdown);
}

std::vector<mesh_core::peer_ptr> mesh_core::all() const {
  std::lock_guard guard{mutex_};
  std::vector<peer_ptr> result;
  result.reserve(peers_.size());
  for (auto& [who, x] : peers_)
    result.push_back(x);
  return result;
}

caf::io::middleman_actor mesh_core::connector() const {
  return with.config.tls.any() ? system.openssl_manager().actor_handle()
                               : system.middleman().actor_handle();
}

void mesh_core::began() {
  std::lock_guard guard{mutex_};
  ++alive_;
}

void mesh_core::ended() {
  std::lock_guard guard{mutex_};
  if (--alive_ == 0)
    none_.notify_all();
}

bool mesh_core::await_end(milliseconds within) {
  std::unique_lock guard{mutex_};
  return none_.wait_for(guard, within, [this] { return alive_ == 0; });
}

void mesh_core::stop_making() {
  std::lock_guard guard{mutex_};
  stopping_ = true;
}

namespace {

class port_actor final : public caf::event_based_actor {
public:
  port_actor(caf::actor_config& cfg, mesh_core& core)
    : caf::event_based_actor{cfg}, core_{core} {
  }

  const char* name() const override {
    return "mesh_port";
  }

  caf::behavior make_behavior() override {
    set_default_handler(caf::drop);
    delayed_send(this, mesh_core::sweep_every, caf::tick_atom_v);
    return {
      [this](mesh_frame& x) { greet(x); },
      [this](caf::tick_atom) {
        delayed_send(this, mesh_core::sweep_every, caf::tick_atom_v);
        core_.with.sink->sweep();
      },
    };
  }

  void on_exit() override {
    core_.ended();
  }

private:
  void greet(mesh_frame& x) {
    auto from = caf::actor_cast<caf::actor>(current_sender());
    if (x.kind != frame_kind::hello || !from) {
      ++core_.turned_away;
      return;
    }
    auto peer = core_.find_or_make(x.from);
    if (peer)
      return caf::anon_send(peer->worker,
                            mesh_greeting{std::move(x), std::move(from)});
    ++core_.turned_away;
    spdlog::warn("mesh: a greeting of incarnation {} is turned away: it has "
                 "ended, or is ourselves, or there are too many",
                 x.from);
    send(from, mesh_frame{mesh_versions().max, frame_kind::bye, core_.with.self,
                          x.from, 0, "this incarnation has ended"});
  }

  mesh_core& core_;
};

} // namespace

caf::actor spawn_mesh_port(mesh_core& core) {
  core.began();
  return core.system.spawn<port_actor>(core);
}

} // namespace hansom
